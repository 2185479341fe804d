"""Addresses of the pages in web.views.messages and web.views.made_up_phones."""

from django.urls import URLPattern, path

from web.views import made_up_phones, message_figures, messages, visit_messages

urlpatterns: list[URLPattern] = [
    path("messages/", messages.messages, name="messages"),
    path("messages/find/", messages.find_patient, name="messages_find"),
    path("messages/figures/", message_figures.figures, name="message_figures"),
    path("messages/figures/<slug:name>.csv", message_figures.figures_file, name="message_figures_file"),
    path("messages/<uuid:pk>/", messages.message, name="message"),
    path("messages/<uuid:pk>/again/", visit_messages.send_again, name="message_again"),
    path("messages/<uuid:pk>/again/check/", visit_messages.check_words, name="check_message_again"),
    path("visits/<uuid:pk>/messages/", visit_messages.visit_messages, name="visit_messages"),
    path("inbox/", made_up_phones.inbox, name="inbox"),
    path("inbox/text/", made_up_phones.send_text, name="inbox_text"),
    path("inbox/<uuid:pk>/visit.ics", made_up_phones.calendar_file, name="inbox_calendar"),
    path("check-ins/<uuid:pk>/", messages.check_in, name="check_in"),
]
