#pragma once
#include <stdint.h>

/* Prints a string that a NUL ends. */
void print(const char *text);

/* Ends the program. */
_Noreturn void finish(int status);
