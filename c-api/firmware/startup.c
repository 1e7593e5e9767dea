/* A Cortex-M4 from reset to main, and semihosting to say how it went. */
#include "startup.h"

extern uint32_t stack_top, data_source, data_start, data_end, bss_start, bss_end;

int main(void);

static int semihosting(int operation, const void *argument) {
    register int r0 __asm__("r0") = operation;
    register const void *r1 __asm__("r1") = argument;
    __asm__ volatile("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory");
    return r0;
}

void print(const char *text) {
    semihosting(0x04, text);
}

_Noreturn void finish(int status) {
    const uint32_t block[] = {0x20026, (uint32_t)status};
    semihosting(0x20, block);
    for (;;) {
    }
}

_Noreturn static void fault(void) {
    print("fault\n");
    finish(3);
}

_Noreturn static void reset(void) {
    for (uint32_t *from = &data_source, *to = &data_start; to < &data_end;) {
        *to++ = *from++;
    }
    for (uint32_t *to = &bss_start; to < &bss_end;) {
        *to++ = 0;
    }
    finish(main());
}

__attribute__((section(".vectors"), used)) static const void *const vectors[] = {
    &stack_top, (const void *)reset, (const void *)fault, (const void *)fault,
    (const void *)fault, (const void *)fault, (const void *)fault,
};
