"""A patient's plan: written against a protocol version, the contraindication screen and the chart, changed,
held up until a prescriber has decided, ended.

What a version says is `protocols`'; what comes before a plan is `evaluating`'s, which is asked here.
"""
