# SPDX-License-Identifier: MIT
# slubcheck, the command line of the harness: every file of this folder is in it.

slubcheck-sources := $(wildcard harness/slubcheck/*.c) $(program-sources) $(record-sources)

$(eval $(call program-alone,native,slubcheck,$(slubcheck-sources),))
$(eval $(call program-alone,native-asan,slubcheck,$(slubcheck-sources),))
TOOLS += $(O)/native/slubcheck

# The script is run where it stands; it needs the tool, also as built with the sanitizers.
TESTS += harness/test/slubcheck_cli.t
CHECKS += harness/test/slubcheck_cli.t
harness/test/slubcheck_cli.t: | $(O)/native/slubcheck $(O)/native-asan/slubcheck
