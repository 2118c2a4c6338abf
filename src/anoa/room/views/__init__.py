"""The pages: each gives the context of one template; forms go through ``actions`` alone."""
