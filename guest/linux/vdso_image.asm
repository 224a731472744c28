; The vDSO as the program sees it (vdso/), on pages of its own.

section .vdso progbits alloc noexec nowrite align=4096
global vdso_image, vdso_image_end
vdso_image:
        incbin "vdso.so"
        align 4096, db 0
vdso_image_end:
