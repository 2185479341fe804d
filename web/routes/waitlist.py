"""Addresses of the pages in web.views.waitlist."""

from django.urls import URLPattern, path

from web.views import waitlist

urlpatterns: list[URLPattern] = [
    path("waitlist/", waitlist.waiting_list, name="waitlist"),
    path("waitlist/offer-now/", waitlist.offer_now, name="waitlist_offer_now"),
    path("waitlist/<uuid:pk>/", waitlist.entry, name="waitlist_entry"),
    path("waitlist/<uuid:pk>/withdraw/", waitlist.withdraw, name="waitlist_withdraw"),
    path("waitlist/offers/<uuid:pk>/accept/", waitlist.accept, name="waitlist_accept"),
    path("waitlist/offers/<uuid:pk>/decline/", waitlist.decline, name="waitlist_decline"),
    path("plans/<uuid:pk>/waitlist/", waitlist.join_plan, name="waitlist_plan"),
    path("visits/<uuid:pk>/waitlist/", waitlist.join_visit, name="waitlist_visit"),
]
