"""Addresses of the pages in web.views.message_rules and web.views.message_settings."""

from django.urls import URLPattern, path

from web.views import message_rules, message_settings

urlpatterns: list[URLPattern] = [
    path("message-rules/", message_rules.message_rules, name="message_rules"),
    path("message-rules/settings/", message_settings.message_settings, name="message_settings"),
    path("message-rules/quiet-hours/", message_settings.set_quiet_hours, name="set_quiet_hours"),
    path(
        "message-rules/quiet-hours/<uuid:pk>/drop/",
        message_settings.drop_quiet_hours,
        name="drop_quiet_hours",
    ),
    path("message-rules/<slug:stage>/", message_rules.message_rule, name="message_rule"),
    path("message-rules/<slug:stage>/reset/", message_rules.reset_rule, name="reset_message_rule"),
    path("message-rules/<slug:stage>/<slug:language>/", message_rules.message_words, name="message_words"),
    path(
        "message-rules/<slug:stage>/<slug:language>/check/",
        message_rules.check_words,
        name="check_message_words",
    ),
    path(
        "message-rules/<slug:stage>/<slug:language>/reset/",
        message_rules.reset_words,
        name="reset_message_words",
    ),
]
