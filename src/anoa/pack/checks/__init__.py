"""Checks across the files of a pack: each looks at one concern and adds its problems."""
