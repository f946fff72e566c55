"""Flow++ (section 3.2, Appendix C): bijections, couplings (Eq. 8-10), variational dequantisation."""

from .config import FlowConfig
from .model import FlowPP

__all__ = ["FlowConfig", "FlowPP"]
