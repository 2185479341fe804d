"""The pages' addresses: one list of routes for each part of the house."""

from django.urls import URLPattern, URLResolver, include, path

urlpatterns: list[URLPattern | URLResolver] = [
    path("", include("web.routes.frame")),
    path("", include("web.routes.desk")),
    path("", include("web.routes.booking")),
    path("", include("web.routes.visits")),
    path("", include("web.routes.plans")),
    path("", include("web.routes.protocols")),
    path("", include("web.routes.series")),
    path("", include("web.routes.waitlist")),
    path("", include("web.routes.hours")),
    path("", include("web.routes.repair")),
    path("", include("web.routes.resources")),
    path("", include("web.routes.staff")),
    path("", include("web.routes.patients")),
    path("", include("web.routes.setup")),
    path("", include("web.routes.allergies")),
    path("", include("web.routes.nurse")),
    path("", include("web.routes.decisions")),
    path("", include("web.routes.monitors")),
    path("", include("web.routes.alerts")),
    path("", include("web.routes.outcomes")),
    path("", include("web.routes.messages")),
    path("", include("web.routes.threads")),
    path("", include("web.routes.sending")),
    path("", include("web.routes.message_rules")),
    path("", include("web.routes.patient_links")),
    path("", include("web.routes.tasks")),
    path("", include("web.routes.feeds")),
    path("", include("web.routes.reports")),
]
