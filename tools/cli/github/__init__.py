"""What the workflows of GitHub Actions do: one module per concern, one step of a workflow per function in `steps`.

A step is `make ci STEP=<name>`; what it needs of the job (event, token, files for summary and outputs) it reads from
the environment that GitHub documents for every job, so that the same step runs in a test. What changes or judges a
stack is not here: the workflows call `make preview`, `make deploy` and `make audit` as a person does.
"""
