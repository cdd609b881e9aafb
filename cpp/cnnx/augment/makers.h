// One maker per step, defined in the step's own file and listed in registry.cpp.
#pragma once

#include "cnnx/augment/step.h"

namespace cnnx {

template <class T>
StepPtr<T> make_crop(const Attrs& attrs);
template <class T>
StepPtr<T> make_flip(const Attrs& attrs);
template <class T>
StepPtr<T> make_vertical_flip(const Attrs& attrs);
template <class T>
StepPtr<T> make_shift(const Attrs& attrs);
template <class T>
StepPtr<T> make_rotation(const Attrs& attrs);
template <class T>
StepPtr<T> make_scale(const Attrs& attrs);
template <class T>
StepPtr<T> make_erase(const Attrs& attrs);
template <class T>
StepPtr<T> make_brightness(const Attrs& attrs);
template <class T>
StepPtr<T> make_contrast(const Attrs& attrs);

}  // namespace cnnx
