import EventLoop
import Glibc
import Synchronization

/// Keeps the input that is being read in a file that outlives the process, so that whatever ends it, be
/// it a trap, the sanitizer or the kernel, the input can be read again; and ends a process that hangs.
final class Watch: Sendable {
  /// How long one input may take, instrumentation and a loaded machine included.
  static let limit: UInt64 = 20_000_000_000

  private static let maximumCount = 1 << 20
  private let memory: LoopConfined<UnsafeMutableRawPointer>
  private let startedAt = Atomic<UInt64>(0)
  private let path: String

  /// - Parameter path: of the file; `replay` of the program reads it.
  init(path: String) {
    self.path = path
    // Not cut to nothing first: another run may have it mapped.
    let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
    precondition(descriptor >= 0, "cannot write \(path)")
    precondition(ftruncate(descriptor, off_t(Self.maximumCount)) == 0)
    let memory = mmap(
      nil, Self.maximumCount, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0)
    precondition(memory != MAP_FAILED, "cannot map \(path)")
    Glibc.close(descriptor)
    self.memory = LoopConfined(memory!)
    LoopThread.start(name: "watch") { [self] in
      while true {
        sleep(1)
        look()
      }
    }
  }

  /// The input that is read from now on. Its file holds the length in eight bytes, then the bytes.
  func begin(_ input: [UInt8]) {
    startedAt.store(EventLoop.nanoseconds(), ordering: .relaxed)
    memory.value.storeBytes(of: UInt64(input.count), as: UInt64.self)
    input.withUnsafeBytes { bytes in
      (memory.value + 8).copyMemory(
        from: bytes.baseAddress ?? UnsafeRawPointer(memory.value),
        byteCount: min(bytes.count, Self.maximumCount - 8))
    }
  }

  /// Nothing is being read.
  func end() { startedAt.store(0, ordering: .relaxed) }

  private func look() {
    let start = startedAt.load(ordering: .relaxed)
    guard start != 0, EventLoop.nanoseconds() > start + Self.limit else { return }
    fatalError("an input takes longer than \(Self.limit / 1_000_000_000) s; it is in \(path)")
  }

  /// The input that a file of a watch holds.
  static func input(from bytes: [UInt8]) -> [UInt8] {
    guard bytes.count >= 8 else { return [] }
    let count = bytes.withUnsafeBytes { $0.loadUnaligned(as: UInt64.self) }
    return Array(bytes.dropFirst(8).prefix(Int(clamping: count)))
  }
}
