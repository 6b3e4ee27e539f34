"""The serving end of every signaling door, and the page. Knows neither ROS nor media."""
