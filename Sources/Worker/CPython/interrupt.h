// How the task that a worker is at is known to those who interrupt it.
#pragma once
#include "CPython.h"

void par_python_begin_work(const par_task *task, const par_python_job *job);
void par_python_end_work(const par_python_job *job);
