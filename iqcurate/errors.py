"""Every exception of iqcurate.

IqcurateError
    UsageError              a call that cannot be right, whatever the data
    SourceError             a source that cannot be listed
    MetricError             a metric that is broken or lacks an extra
        UnknownMetricError  a metric that is not there (a UsageError, too)
    UndefinedScoreError     a metric has no value for one image (becomes a reason in its row)
    WeightsError            a file of weights that is missing, changed or cannot be fetched
    ModelError              a model that cannot be loaded, or breaks its word
    DeviceError             a device that is not there, or fails
    StoreError              a store that cannot be read or written as asked
        StoreBusyError      another process is writing to it
    CutoffError             a file of cut-offs that cannot be used
    RobustnessError         a file of robustness that cannot be used

Bad images are rows, bad calls are exceptions; each message says what to do next.
"""


class IqcurateError(Exception):
    """Base of all errors raised on purpose."""


class UsageError(IqcurateError):
    """A call that cannot be right, whatever the data."""


class SourceError(IqcurateError):
    """A source that cannot be listed."""


class MetricError(IqcurateError):
    """A metric that is broken, or lacks an extra."""


class UnknownMetricError(MetricError, UsageError):
    """There is no metric of that name, or it cannot have it."""


class UndefinedScoreError(IqcurateError):
    """A metric has no value for this image.

    Raised by metric functions; the engine turns it into a null with a reason.

    Parameters
    ----------
    code
        One word for machines, such as ``too_small`` or ``flat``.
    text
        The reason for people.
    """

    def __init__(self, code: str, text: str) -> None:
        super().__init__(f"{code}: {text}")
        self.code = code
        self.text = text


class WeightsError(IqcurateError):
    """A file of weights that is missing, is not what it should be, or cannot be fetched."""


class ModelError(IqcurateError):
    """A model that cannot be loaded, or breaks its word."""


class DeviceError(IqcurateError):
    """A device that is not there, or fails."""


class StoreError(IqcurateError):
    """A store that cannot be read or written as asked."""


class StoreBusyError(StoreError):
    """Another process is writing to the store."""


class CutoffError(IqcurateError):
    """A file of cut-offs that cannot be used."""


class RobustnessError(IqcurateError):
    """A file of robustness that cannot be used."""
