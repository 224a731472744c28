; The monitor: the guest that runs when no other is given. A flat 16-bit image in real mode, loaded
; and started at 0x1000 (CS = 0); all segments are 0, as the processor has them after reset.
;
; It shows a menu on the console, waits for a key, and shows what it asks for: what CPUID says of
; the processor, and the texts of the feed devices.

        bits 16
        org 0x1000

CONSOLE         equ 0x3f8       ; OUT: a character, IN: a key, which the terminal echoes
TWEET           equ 0x100       ; feed ports, read only: a text that ends with NUL
WEATHER         equ 0x100       ; + the number of the city, 1 to 6
AIR_QUALITY     equ 0x200       ; likewise

STACK_TOP       equ 0x8000
CHUNK           equ 0x4000      ; where a part of a feed's text goes
CHUNK_SIZE      equ 512         ; divides a page, so that one exit to the VMM can fill it

start:
        xor ax, ax
        mov ds, ax
        mov es, ax
        mov ss, ax
        mov sp, STACK_TOP
        cld

        mov si, text_welcome
        call print

menu:
        mov si, text_menu
        call print
        call read_choice

        mov bx, cpu_info
        cmp al, '1'
        je .chosen
        mov bx, tweet
        cmp al, '2'
        je .chosen
        mov bx, weather
        cmp al, '3'
        je .chosen
        mov bx, air_quality
        cmp al, '4'
        je .chosen
        cmp al, '5'
        je halt
        mov bx, illegal
.chosen:
        call bx

        mov si, text_continue
        call print
        call read_choice
        jmp menu

halt:
        mov si, text_halt
        call print
        cli
        hlt

; ---- the answers -------------------------------------------------------------------------------

illegal:
        mov si, text_illegal
        jmp print

tweet:
        mov dx, TWEET
        jmp print_feed

weather:
        mov bp, WEATHER
        jmp ask_city

air_quality:
        mov bp, AIR_QUALITY
        ; falls through

; Asks for a city and prints the feed of port BP + its number.
ask_city:
        mov si, text_cities
        call print
        call read_choice
        sub al, '1'
        cmp al, 5
        ja illegal
        xor ah, ah
        inc ax
        add ax, bp
        mov dx, ax
        jmp print_feed

cpu_info:
        mov si, text_vendor
        call print
        xor eax, eax
        cpuid
        mov [name], ebx
        mov [name + 4], edx
        mov [name + 8], ecx
        mov byte [name + 12], 0
        call print_name

        mov eax, 1
        cpuid
        mov ebx, eax            ; kept: type 13:12, family 11:8, model 7:4, stepping 3:0,
                                ; extended family 27:20, extended model 19:16
        mov si, text_type
        shr eax, 12
        and eax, 0x3
        call print_field

        mov si, text_family
        mov ecx, ebx
        shr ecx, 8
        and ecx, 0xf            ; kept: the base family decides what the extended fields mean
        mov eax, ecx
        cmp cl, 15
        jne .family
        mov edx, ebx
        shr edx, 20
        and edx, 0xff
        add eax, edx
.family:
        call print_field

        mov si, text_model
        mov eax, ebx
        shr eax, 4
        and eax, 0xf
        cmp cl, 6
        je .extended_model
        cmp cl, 15
        jne .model
.extended_model:
        mov edx, ebx
        shr edx, 12
        and edx, 0xf0
        or eax, edx
.model:
        call print_field

        mov si, text_stepping
        mov eax, ebx
        and eax, 0xf
        call print_field

        mov eax, 0x80000000
        cpuid
        cmp eax, 0x80000004
        jb .done                ; this processor has no brand string
        mov si, text_brand
        call print
        mov di, name
        mov esi, 0x80000002
.brand:
        mov eax, esi
        cpuid
        mov [di], eax
        mov [di + 4], ebx
        mov [di + 8], ecx
        mov [di + 12], edx
        add di, 16
        inc esi
        cmp esi, 0x80000004
        jbe .brand
        mov byte [di], 0
        call print_name
.done:
        ret

; ---- input and output --------------------------------------------------------------------------

; Waits for a key → AL, and starts a new line behind its echo.
read_choice:
        mov dx, CONSOLE
        in al, dx
        push ax
        mov al, `\n`
        out dx, al
        pop ax
        ret

; Prints the text at SI, up to its NUL.
print:
        push cx
        mov di, si
        mov cx, 0xffff
        xor al, al
        repne scasb
        mov cx, di
        sub cx, si
        dec cx                  ; without the NUL
        mov dx, CONSOLE
        rep outsb
        pop cx
        ret

; Prints the processor's name in `name`, and a line end. Some names start with blanks.
print_name:
        mov si, name - 1
.blank:
        inc si
        cmp byte [si], ' '
        je .blank
        call print
        mov si, text_line_end
        jmp print

; Prints the text at SI, then the number EAX (below 0x1000) in hexadecimal, and a line end.
print_field:
        push eax
        call print
        pop eax
        mov di, number
        cmp eax, 0x10
        jb .last_digit
        cmp eax, 0x100
        jb .two_digits
        mov edx, eax
        shr edx, 8
        call .digit
.two_digits:
        mov edx, eax
        shr edx, 4
        and dl, 0xf
        call .digit
.last_digit:
        mov edx, eax
        and dl, 0xf
        call .digit
        mov word [di], `\n`     ; and a NUL
        mov si, number
        jmp print

.digit:                         ; stores DL at DI as a digit
        movzx si, dl
        mov dl, [digits + si]
        mov [di], dl
        inc di
        ret

; Prints the text of feed port DX, and a line end where it has none of its own.
print_feed:
        mov bx, dx
        mov byte [last], `\n`   ; an empty text needs none
.chunk:
        mov dx, bx
        mov di, CHUNK
        mov cx, CHUNK_SIZE
        rep insb
        mov byte [di], 0        ; so that print finds an end
        mov si, CHUNK
        call print              ; leaves SI behind the last character
        cmp si, CHUNK
        je .end
        mov al, [si - 1]
        mov [last], al
        cmp si, CHUNK + CHUNK_SIZE
        je .chunk               ; full, without a NUL: there is more
.end:
        cmp byte [last], `\n`
        je .done
        mov si, text_line_end
        call print
.done:
        ret

; ---- texts -------------------------------------------------------------------------------------

text_welcome:
        db `\nThis is the Sparkler monitor, a guest of 16 bits without a network.\n`
        db `Its devices answer questions.\n`, 0

text_menu:
        db `\n`
        db `  1  CPU info\n`
        db `  2  Latest tweet of Command Line Magic\n`
        db `  3  Weather\n`
        db `  4  Air quality\n`
        db `  5  Halt\n`
        db `\nYour choice: `, 0

text_cities:
        db `\n`
        db `  1  Chennai        4  Chicago\n`
        db `  2  New Delhi      5  San Francisco\n`
        db `  3  London         6  New York\n`
        db `\nWhich city: `, 0

text_illegal:   db `You entered an illegal choice!\n`, 0
text_continue:  db `\nPress any key to continue...`, 0
text_halt:      db `The guest halts.\n`, 0
text_vendor:    db `Vendor:    `, 0
text_type:      db `Type:      0x`, 0
text_family:    db `Family:    0x`, 0
text_model:     db `Model:     0x`, 0
text_stepping:  db `Stepping:  0x`, 0
text_brand:     db `Brand:     `, 0
text_line_end:  db `\n`, 0
digits:         db '0123456789abcdef'

; ---- variables, not part of the image ----------------------------------------------------------

        section .bss
last:   resb 1                  ; the last character printed of a feed
number: resb 5
        resb 1                  ; print_name starts before the name
name:   resb 49                 ; vendor (12) or brand string (48), and NUL
