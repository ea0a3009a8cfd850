# SPDX-License-Identifier: MIT
#
# prove's own output, and the totals of the run in the file that TAP_COUNTS names.
#
# One line "PASSED FAILED SKIPPED FILES". A test that the plan promises and that did not run has
# failed. A file that fails as a whole (it crashed, or ended with a status) while all its tests
# pass counts as one failure: a run that is not all right never shows zero.
package CountingFormatter;

use strict;
use warnings;
use TAP::Formatter::Console;
use TAP::Formatter::File;

our @ISA = ( -t STDOUT ? 'TAP::Formatter::Console' : 'TAP::Formatter::File' );

sub summary {
	my ( $self, $aggregate, $interrupted ) = @_;

	$self->SUPER::summary( $aggregate, $interrupted );

	my ( $passed, $failed, $skipped, $files ) = ( 0, 0, 0, 0 );
	for my $description ( $aggregate->descriptions ) {
		my ($parser) = $aggregate->parsers($description);
		$files++;
		$skipped += $parser->skipped;
		$passed  += $parser->passed - $parser->skipped;
		my $bad     = $parser->failed;
		my $planned = $parser->tests_planned || 0;
		$bad += $planned - $parser->tests_run if $planned > $parser->tests_run;
		$bad = 1 if !$bad && $parser->has_problems;
		$failed += $bad;
	}
	$failed++ if !$failed && ( $interrupted || $aggregate->has_problems );

	my $path = $ENV{TAP_COUNTS} or return;
	open my $file, '>', $path or die "$path: $!\n";
	print {$file} "$passed $failed $skipped $files\n";
	close $file or die "$path: $!\n";
}

1;
