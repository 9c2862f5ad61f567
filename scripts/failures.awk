# Reads the record of a test run and tells what failed and why: the issues with the comments behind them; of a
# crash the last words before it, which stand between what other tests say meanwhile.

# What the testing library says begins with a sign of its own.
function isWords(line) { return line !~ /^(◇|✔|✘|↳|➜|⚠|±)/ && line !~ /^[[:space:]]*$/ }

/^✘ Test run with / { next }
/^✘ Test .* recorded an issue/ { isTold = 1; print; next }
/^↳ / { if (isTold) print; next }
{ isTold = 0 }

(/^\*\*\* Signal / || /error: .*signal code/) && !isCrash {
  isCrash = 1
  for (line = NR - 20; line < NR; line++) if (line in words) print words[line]
}
/^\*\*\* Program crashed: / { print }
isCrash && match($0, /error: .*signal code/) { print substr($0, RSTART) }
!isCrash && isWords($0) { words[NR] = $0 }
{ delete words[NR - 20] }
!isCrash && /atal error|error: / { print; delete words[NR] }
