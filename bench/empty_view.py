"""The product with one view more, which asks who calls and does nothing: for `bench.vitals_post`.

Loaded by gunicorn in place of config.wsgi. Throttling is off for the whole process, as a bench calls faster
than people do.
"""

from config.wsgi import application  # before anything of the product: it sets Django up

# isort: split
from django.urls import path
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.throttling import SimpleRateThrottle
from rest_framework.views import APIView

from config import urls

__all__ = ["application"]


class EmptyView(APIView):
    permission_classes = (IsAuthenticated,)

    def get(self, request: Request) -> Response:
        return Response({})


SimpleRateThrottle.allow_request = lambda *_: True  # type: ignore[method-assign]
urls.urlpatterns.insert(0, path("empty/", EmptyView.as_view()))
