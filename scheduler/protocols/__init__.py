"""What a version of a protocol says and whether it can be meant, how versions differ, how one comes into
force, and what stands under it. How a plan is taken over to another one is `prescribing`'s.
"""
