"""A team that has an app, which is a stack of its own: accounts of CI, builds and apps, app secrets, contract secrets.

team-deploy deploys the stacks of all teams. Everything here is a loop over a map: the order of entries in the
configuration never decides a name.
"""
