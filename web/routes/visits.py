"""Addresses of the pages in web.views.visits, of those that move and lengthen a visit, and of what its
patient says before it."""

from django.urls import URLPattern, path

from web.views import said_before, visits
from web.views.board import lengthening, moving

urlpatterns: list[URLPattern] = [
    path("visits/<uuid:pk>/", visits.visit, name="visit"),
    path("visits/<uuid:pk>/check-in/", visits.check_in, name="visit_check_in"),
    path("visits/<uuid:pk>/confirm/", visits.confirm_visit, name="visit_confirm"),
    path("visits/<uuid:pk>/cancel/", visits.cancel_visit, name="visit_cancel"),
    path("visits/<uuid:pk>/missed/", visits.mark_missed, name="visit_missed"),
    path("visits/<uuid:pk>/undo/", visits.undo, name="visit_undo"),
    path("visits/<uuid:pk>/take-over/", visits.take_over, name="visit_take_over"),
    path("visits/<uuid:pk>/said-before/", said_before.said_before, name="said_before"),
    path("visits/<uuid:pk>/times/", moving.choose_time, name="visit_choose_time"),
    path("visits/<uuid:pk>/move/", moving.move, name="visit_move"),
    path("visits/<uuid:pk>/move/check/", moving.check_move, name="visit_move_check"),
    path("visits/<uuid:pk>/recovery/", lengthening.lengthen, name="visit_lengthen"),
    path("visits/<uuid:pk>/recovery/check/", lengthening.check_lengthening, name="visit_lengthen_check"),
    path("visits/<uuid:pk>/book/", visits.book_held, name="visit_book_held"),
    path("visits/<uuid:pk>/release/", visits.release, name="visit_release"),
]
