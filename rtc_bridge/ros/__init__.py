"""ROS messages, parameters and threads at the border of the package."""
