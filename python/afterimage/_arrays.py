"""Arrays of users as tensors and back: numpy in, numpy out; torch in, torch out."""
import os
import warnings
from typing import Any, TypeAlias

import numpy as np
import torch

from ._core import Error

Array: TypeAlias = np.ndarray | torch.Tensor
PathLike: TypeAlias = str | os.PathLike[str]


class WrongType(Error, TypeError):
    """An Error that is also what Python itself raises where a type is wrong."""


def is_torch(array):
    return isinstance(array, torch.Tensor)


def _numbers(array, what):
    """Anything with rows as a numpy array of real numbers."""
    if hasattr(array, "toarray"):
        raise WrongType(f"{what}: are sparse, which is not supported. Give X.toarray()")
    array = np.asarray(array)
    if array.dtype.kind == "O":
        try:
            array = array.astype(np.float64)
        except (TypeError, ValueError) as error:
            raise WrongType(f"{what}: are not all numbers ({error}). Give numbers") from None
    if array.dtype.kind not in "biufc":
        raise WrongType(f"{what}: are of type {array.dtype}. Give numbers")
    return array


def tensor(array, what):
    """A view of the array where torch can have one (any strides), else a copy."""
    array = array.detach() if is_torch(array) else _numbers(array, what)
    if array.is_complex() if is_torch(array) else array.dtype.kind == "c":
        raise WrongType(f"{what}: are complex. Complex data not supported: give real numbers")
    if is_torch(array):
        return array
    if min(array.strides, default=0) < 0 or not array.dtype.isnative:
        array = np.ascontiguousarray(array).astype(array.dtype.newbyteorder("="))
    if array.flags.writeable:
        return torch.from_numpy(array)
    with warnings.catch_warnings():  # of arrays that may not be written to, which nothing here does
        warnings.simplefilter("ignore", UserWarning)
        return torch.from_numpy(array)


def responses(array):
    """(trial, sensor) or (trial, sensor, bin) as (trial, sensor, bin)."""
    values = tensor(array, "responses")
    shape = tuple(values.shape)
    if len(shape) not in (2, 3):
        raise Error(f"responses: have the shape {shape}. "
                    "Reshape your data to (trial, sensor) or (trial, sensor, bin)")
    if 0 in shape:
        what = "sample" if shape[0] == 0 else "feature"
        raise Error(f"responses: 0 {what}(s) (shape={shape}) while a minimum of 1 is required. "
                    "Give (trial, sensor) or (trial, sensor, bin)")
    return values.unsqueeze(2) if len(shape) == 2 else values


def images(array):
    """((n, 3, y, x) view, whether channels came last). Gray images, (n, y, x), are repeated."""
    values = tensor(array, "images")
    if values.dim() == 3:
        return values.unsqueeze(1).expand(-1, 3, -1, -1), True
    if values.dim() == 4 and values.shape[3] == 3:
        return values.permute(0, 3, 1, 2), True
    if values.dim() == 4 and values.shape[1] == 3:
        return values, False
    raise Error(f"images: have the shape {tuple(values.shape)}. "
                "Give (image, y, x, 3), (image, 3, y, x) or (image, y, x)")


def given_back(values, as_torch, channels_last):
    """(n, 3, y, x) in the user's kind and layout: a view."""
    if channels_last:
        values = values.permute(0, 2, 3, 1)
    return values if as_torch else values.numpy()


def table(columns):
    """A pandas DataFrame where pandas is installed, else a dict of arrays."""
    try:
        import pandas
    except ImportError:
        return {name: np.asarray(values) for name, values in columns.items()}
    return pandas.DataFrame(columns)


def columns(table):
    """A DataFrame, a dict or None as a dict of lists."""
    if table is None:
        return {}
    return {str(name): np.asarray(table[name]).tolist() for name in table}
