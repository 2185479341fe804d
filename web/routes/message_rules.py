"""Addresses of the pages in web.views.message_rules."""

from django.urls import URLPattern, path

from web.views.message_rules import pages, settings

urlpatterns: list[URLPattern] = [
    path("message-rules/", pages.message_rules, name="message_rules"),
    path("message-rules/settings/", settings.message_settings, name="message_settings"),
    path("message-rules/quiet-hours/", settings.set_quiet_hours, name="set_quiet_hours"),
    path(
        "message-rules/quiet-hours/<uuid:pk>/drop/",
        settings.drop_quiet_hours,
        name="drop_quiet_hours",
    ),
    path("message-rules/<slug:stage>/", pages.message_rule, name="message_rule"),
    path("message-rules/<slug:stage>/reset/", pages.reset_rule, name="reset_message_rule"),
    path("message-rules/<slug:stage>/<slug:language>/", pages.message_words, name="message_words"),
    path(
        "message-rules/<slug:stage>/<slug:language>/check/",
        pages.check_words,
        name="check_message_words",
    ),
    path(
        "message-rules/<slug:stage>/<slug:language>/reset/",
        pages.reset_words,
        name="reset_message_words",
    ),
]
