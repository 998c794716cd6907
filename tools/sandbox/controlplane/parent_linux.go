package main

import (
	"os/exec"
	"syscall"
)

// endWithParent lets the kernel kill a part of the control plane when its supervisor dies, even by SIGKILL.
func endWithParent(command *exec.Cmd) {
	command.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
}
