"""Addresses of the pages in web.views.waitlist."""

from django.urls import URLPattern, path

from web.views.waitlist import entries, listing, offers

urlpatterns: list[URLPattern] = [
    path("waitlist/", listing.waiting_list, name="waitlist"),
    path("waitlist/offer-now/", offers.offer_now, name="waitlist_offer_now"),
    path("waitlist/<uuid:pk>/", entries.entry, name="waitlist_entry"),
    path("waitlist/<uuid:pk>/withdraw/", entries.withdraw, name="waitlist_withdraw"),
    path("waitlist/offers/<uuid:pk>/accept/", offers.accept, name="waitlist_accept"),
    path("waitlist/<uuid:pk>/offer/", offers.offer, name="waitlist_offer"),
    path("waitlist/offers/<uuid:pk>/take-back/", offers.take_back, name="waitlist_take_back"),
    path("waitlist/offers/<uuid:pk>/decline/", offers.decline, name="waitlist_decline"),
    path("plans/<uuid:pk>/waitlist/", entries.join_plan, name="waitlist_plan"),
    path("visits/<uuid:pk>/waitlist/", entries.join_visit, name="waitlist_visit"),
]
