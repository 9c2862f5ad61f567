internal import Glibc

/// The memory that there is for this process and its children.
enum MachineMemory {
  /// Where version 2 of the kernel's control groups says what a container may use.
  private static let limitPath = "/sys/fs/cgroup/memory.max"

  /// MiB: those of the machine, or of the container where that has less.
  static var mebibytes: Int {
    let machine = sysconf(Int32(_SC_PHYS_PAGES)) * (sysconf(Int32(_SC_PAGESIZE)) / 1024) / 1024
    return min(machine, (try? File.read(limitPath)).flatMap(limit) ?? machine)
  }

  /// The limit of a control group in MiB, which is written in bytes; nil where there is none, `max`.
  static func limit(of text: String) -> Int? {
    UInt64(text.prefix { !$0.isWhitespace }).map { Int(clamping: $0 / 1_048_576) }
  }

  /// What a server of ours takes of so much for cached pages, in MiB: a sixteenth, which leaves room for the kernel's
  /// cache of the same pages, for Redis, and on small machines.
  static func sharedBuffers(of mebibytes: Int) -> Int { min(max(mebibytes / 16, 128), 1024) }
}
