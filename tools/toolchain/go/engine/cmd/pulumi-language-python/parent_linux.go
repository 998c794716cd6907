package main

import (
	"os/exec"
	"syscall"
)

// endWithParent lets the kernel kill the program when this host dies, even by SIGKILL.
func endWithParent(command *exec.Cmd) {
	command.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
}
