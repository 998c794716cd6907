"""Steps of the workflows of GitHub Actions: one module per concern, one step of a workflow per function in `steps`.

A step is `make ci STEP=<name>`; it reads event, token and the files for summary and outputs from the environment that
GitHub documents for every job, so that the same step runs in a test. Changes and checks of stacks are not here: the
workflows call `make preview`, `make deploy` and `make audit` as a person does.
"""
