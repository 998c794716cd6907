"""The fake GitHub on a port of loopback: its API, and where a job asks for a token of its own."""

import threading
from collections.abc import Generator
from contextlib import contextmanager

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox.cloud.github import github_token
from unit.github.description import find
from unit.github.fake_api import answer
from unit.github.fake_github import FakeGitHub
from waiting import eventually


@contextmanager
def serving() -> Generator[FakeGitHub]:
    """GitHub on a free port of loopback."""
    github = FakeGitHub()
    find()  # before the first request, which would not wait for it

    async def api(request: Request) -> Response:
        return answer(github, request, await request.body())

    async def identity(request: Request) -> Response:
        claims = github.jobs.get(request.headers.get("authorization", "").removeprefix("bearer "))
        if claims is None:
            return JSONResponse({"message": "Unauthorized"}, 401)
        audience = request.query_params["audience"]
        return JSONResponse({"value": github_token({**claims, "aud": audience})})

    verbs = ["GET", "POST", "PUT", "PATCH", "DELETE"]
    routes = [Route("/identity", identity), Route("/{path:path}", api, methods=verbs)]
    config = uvicorn.Config(Starlette(routes=routes), "127.0.0.1", 0, log_level="warning", lifespan="off")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    eventually(lambda: server.started)
    port = server.servers[0].sockets[0].getsockname()[1]
    github.url = f"http://127.0.0.1:{port}"
    try:
        yield github
    finally:
        server.should_exit = True
        thread.join()
    problems = "\n".join(sorted(set(github.undescribed)))
    assert not problems, f"GitHub describes its API otherwise:\n{problems}"
