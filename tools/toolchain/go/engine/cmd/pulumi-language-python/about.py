"""Print the interpreter and its version as JSON."""

import json
import platform
import sys

print(json.dumps({"Executable": sys.executable, "Version": platform.python_version()}))
