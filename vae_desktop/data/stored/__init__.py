"""Data sets that take more than the memory they may have: files of the cache, mapped where they are used."""
