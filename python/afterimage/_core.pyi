"""The compiled module, which only hands objects across (python/binding): its types are of no
interest to users, but for the error."""
from typing import Any

class Error(ValueError):
    """What a user can cause: the sentence that the command line says."""

def __getattr__(name: str) -> Any: ...
