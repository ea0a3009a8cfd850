# SPDX-License-Identifier: MIT
# The reference model, oracle 5: a sequential specification that the allocator must equal.

# The calls that the model sees, and what it takes down of what the allocator asks for.
model-watched := kmem_cache_create kmem_cache_create_usercopy __kmem_cache_create_args \
	kmem_cache_destroy kmem_cache_shrink kmem_cache_size \
	kmem_cache_alloc kmem_cache_zalloc kmem_cache_alloc_node kmem_cache_free \
	kmem_cache_alloc_bulk kmem_cache_free_bulk kmalloc kzalloc kmalloc_node kmalloc_array \
	kcalloc krealloc kfree ksize kzalloc_node kmalloc_array_node kcalloc_node \
	kmalloc_track_caller kmalloc_node_track_caller __kmalloc_node_track_caller krealloc_array \
	kfree_sensitive kvmalloc kvzalloc kvmalloc_node kvzalloc_node kvmalloc_array kvcalloc \
	kvrealloc kvfree kvfree_sensitive kmem_buckets_create kmem_buckets_destroy \
	kmem_buckets_alloc kmem_buckets_alloc_track_caller __kmem_buckets_alloc_track_caller \
	kmem_buckets_valloc world_map kmalloc_size_roundup slub_flush_all slub_attribute_show slub_attribute_store mem_cgroup_create \
	mem_cgroup_destroy mem_cgroup_set_limit mem_cgroup_usage mem_cgroup_failcnt \
	set_active_memcg kmem_cache_charge slub_set_allowed_nodes \
	slub_set_preferred_node slub_set_failslab slub_reap slub_node_online slub_node_offline \
	page_node_release sim_run sim_call slub_cpu_down slub_cpu_up \
	alloc_pages alloc_percpu_slots free_pages slub_reclaim kvfree_rcu_reclaim world_random sim_fault_arm sim_boot sim_reset
model-link := $(model-watched:%=-Wl$(comma)--wrap=%)

model-sources := $(addprefix harness/model/,attach.c attributes.c caches.c compare.c compare_text.c differ.c groups.c hotplug.c kmalloc.c \
	layout.c learn.c machine.c objects.c options.c slabs.c tasks.c tree.c watch.c)
model-run-sources := $(model-sources) $(exec-sim-sources) $(exec-files) \
	$(generate-sources) harness/fuzz/target.c \
	$(addprefix harness/model/,model_run.c runner.c long_program.c)
$(foreach v,sim sim-asan,$(eval $(call program,$v,model_run,$(model-run-sources),$(model-link))))

# The same with defects that only a model sees, to know that it does.
$(eval $(call program,sim,model_run-planted,$(model-run-sources) harness/test/model_planted.c,\
	$(model-link) -Wl$(comma)--wrap=unfreeze_partials))

# The fuzz target of layouts, under the eyes of the model.
fuzz-layout-sources := $(call fuzz-target-sources,layout) $(model-sources)
$(eval $(call program,sim-fuzz,fuzz_layout,$(fuzz-layout-sources),-fsanitize=fuzzer $(model-link)))
$(eval $(call program,sim-asan,regress_layout,harness/fuzz/regress.c $(fuzz-layout-sources),\
	$(model-link)))
$(eval $(call program,oss-sim,fuzz_layout,$(fuzz-layout-sources),$(LIB_FUZZING_ENGINE) \
	$(model-link)))
$(call objects,sim-fuzz,$(model-sources)): EXTRA_CFLAGS := -fno-sanitize=fuzzer-no-link

harness/test/model.t: | $(O)/sim/model_run $(O)/sim/model_run-planted
TESTS += harness/test/model.t
CHECKS += harness/test/model.t

OPTIONS += OPS SEED
OPS ?= 10000000## records that make model performs [10000000]
SEED ?= 1## number of the first program of make model [1]
.PHONY: model
model: $(O)/sim/model_run ## random programs and all traces, compared with the reference model
	@$(test-env) $(O)/sim/model_run corpus/traces/*.slubops
	@$(test-env) $(O)/sim/model_run --ops '$(OPS)' --seed '$(SEED)'
