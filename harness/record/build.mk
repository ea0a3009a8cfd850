# SPDX-License-Identifier: MIT
# The recorder: the shim that is loaded into the recorded program, and what slubcheck record
# makes of its log. The shim stands alone: it links neither the allocator nor the harness.

record-sources := harness/record/convert.c harness/record/stats.c

$(eval $(call shared-object,native-pic,libslubrecord.so,harness/record/preload.c,))
TOOL_LIBRARIES += $(O)/native-pic/libslubrecord.so

# slubcheck record finds the shim beside itself, in ../lib, or here.
$(O)/native/slubcheck $(O)/native-asan/slubcheck: | $(O)/native-pic/libslubrecord.so

TESTS += harness/test/record.t harness/test/traces.t
CHECKS += harness/test/record.t harness/test/traces.t
harness/test/record.t harness/test/traces.t: | $(O)/native/slubcheck $(O)/native-asan/slubcheck

$(eval $(call program-alone,native-asan,record_convert,harness/test/record_convert.c \
	$(record-sources) $(program-sources),-lcmocka))
TESTS += $(O)/native-asan/record_convert
CHECKS += $(O)/native-asan/record_convert
