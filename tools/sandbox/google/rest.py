"""REST over the simulated APIs: requests by Google's definitions become calls of the cloud, and bodies its answers.

A method's id at Google is the id of the cloud's method, and the parts of its path are a resource's name. The modules in
`methods/` hold the methods for which this is not so. A method that the cloud does not have is refused by its name.
"""

from starlette.responses import JSONResponse, Response

from sandbox.cloud import faults
from sandbox.cloud.api import Cloud
from sandbox.cloud.resources import Collection, Method
from sandbox.cloud.store import Json
from sandbox.google import answers, changes, exchange, requests
from sandbox.google.exchange import Exchange
from sandbox.google.incoming import HttpRequest, authenticated
from sandbox.google.methods import HANDLERS

_SAME = {"createAsync": "create", "updateAsync": "patch"}
_CHANGES = ("patch", "update", "updateAsync")


class Rest:
    """All APIs that speak plain REST, over one cloud."""

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud
        # The versions of an API differ in the letters of some ids.
        self._methods = {method.id.lower(): method for method in cloud.methods.values()}
        self._collections = {method.collection.kind.lower(): method.collection for method in self._methods.values()}

    def serve(self, request: HttpRequest) -> Response:
        """Answers one request.

        Raises:
            ApiError: the error that the API returns.
        """
        asked = exchange.read(self._cloud, authenticated(self._cloud, request.headers), request)
        answer = faults.deliver(self._cloud.store, asked.definition.id, lambda: self._answer(asked), crashes=False)
        if asked.definition.response is None:
            return Response(status_code=204)
        return JSONResponse(answers.selected(answer, asked.parameter("fields")))

    def _answer(self, asked: Exchange) -> Json:
        if handler := HANDLERS.get(asked.definition.id):
            return handler(asked)
        collection = self._collections.get(asked.kind.lower())
        if collection is None:
            raise exchange.not_simulated(asked.request, asked.definition.id)
        if asked.verb == "testIamPermissions":
            return asked.permitted(collection.full(requests.name_of(collection, asked)))
        method = self._method(collection, asked)
        name, body, change = requests.name_of(collection, asked), asked.body, None
        if method.id == f"{collection.kind}.{collection.create}":
            name, body = requests.created(asked, collection, name)
        elif asked.verb in _CHANGES:
            change = requests.updated(asked)
        else:
            body = changes.without_nulls({**body, **requests.flags(asked)})
        return answers.shaped(asked, name, asked.call(method.id, name, body, change))

    def _method(self, collection: Collection, asked: Exchange) -> Method:
        """Returns the cloud's method: the same as Google's, or its only one for changes."""
        verbs = [_SAME.get(asked.verb, asked.verb)]
        if asked.verb in _CHANGES and collection.update in _CHANGES:
            verbs.append(collection.update)
        for verb in verbs:
            if method := self._methods.get(f"{collection.kind}.{verb}".lower()):
                return method
        raise exchange.not_simulated(asked.request, asked.definition.id)
