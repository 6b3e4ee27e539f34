"""Robot cameras in any browser, and safe driving from there, over WebRTC."""

__version__ = '0.1.0'
