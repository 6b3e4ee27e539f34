"""One viewer's WebRTC session on the robot."""
