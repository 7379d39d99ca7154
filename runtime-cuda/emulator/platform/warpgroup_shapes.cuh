// The host has one template for all shapes: platform/warpgroup.cuh.
#pragma once
#include "platform/warpgroup.cuh"
