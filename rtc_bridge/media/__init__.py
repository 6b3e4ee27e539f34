"""Pixels to packets: conversion, encoding once, fan-out. Knows neither ROS nor WebRTC."""
