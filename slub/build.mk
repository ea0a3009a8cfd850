# SPDX-License-Identifier: MIT
#
# libslub: the core, which every variant compiles, and the libraries of the native world.

slub-sources := $(wildcard slub/*.c slub/debug/*.c slub/pages/*.c slub/kmalloc/*.c slub/attributes/*.c)
PUBLIC_HEADERS := $(wildcard slub/slub.h)

ifneq ($(slub-sources),)
LIBRARIES += $(O)/libslub.a $(O)/libslub.so
endif

libslub-sources = $(slub-sources) $(world-sources-native)

$(O)/libslub.a: $(call objects,native,$(libslub-sources)) $(O)/libslub.a.link
	$(say) AR $@
	$(Q)rm -f $@
	$(Q)$(AR) rcs $@ $(filter %.o,$^)

$(O)/libslub.a.link: FORCE | $(O)/.libslub-build
	$(call write-if-changed,$(AR) $(libslub-sources))

# The shared library shows only what the public header marks; libslub.so is a link to it.
$(eval $(call link,native-pic,$(O)/$(SONAME),$(libslub-sources),,-shared -Wl$(comma)-soname$(comma)$(SONAME)))

$(O)/libslub.so: $(O)/$(SONAME)
	$(say) LN $@
	$(Q)ln -sf $(SONAME) $@
