import EventLoop
import Foundation
import TestSupport

/// Fuzzes what is named, or everything, for as long as it is told; `make fuzz` calls it.
@main
enum FuzzTool {
  private static let usage = """
    spillway-fuzz [SURFACE...] [--inputs N] [--seed N]   puts inputs to surfaces, all by default
    spillway-fuzz replay SURFACE FILE                    reads one input again: of the corpus or fuzz-*.input
    surfaces: \(Surfaces.all.map { $0.name }.joined(separator: " "))
    """

  private static let mostInputs = 1_000_000_000_000

  static func main() throws {
    var arguments = Array(CommandLine.arguments.dropFirst())
    if arguments.first == "replay" {
      guard arguments.count == 3, let surface = find(arguments[1]) else { refuse(usage) }
      return try replay(surface, arguments[2])
    }
    guard let inputs = Int(option("--inputs", in: &arguments) ?? "1000000"),
      (1...mostInputs).contains(inputs)
    else { refuse("--inputs must be a whole number from 1 to \(mostInputs)") }
    let seed = option("--seed", in: &arguments).map { UInt64($0) } ?? .random(in: 1...UInt64.max)
    guard let seed else { refuse("--seed must be a whole number from 0 to \(UInt64.max)") }
    let chosen = arguments.isEmpty ? Surfaces.all : arguments.compactMap(find)
    guard chosen.count == arguments.count || arguments.isEmpty else { refuse(usage) }
    print("| Surface | Seed | Inputs | Inputs/s | Outcomes | Slowest input | Peak memory |")
    print("| --- | ---: | ---: | ---: | ---: | ---: | ---: |")
    onLoop { loop in
      for surface in chosen {
        try await run(surface, inputs, seed, on: loop)
        fflush(nil)
      }
    }
  }

  /// Runs `body` on a loop of the main thread: what libraries keep for a thread that has ended would be
  /// taken for a leak where the process ends at the same time.
  private static func onLoop(_ body: @escaping @Sendable (EventLoop) async throws -> Void) {
    let loop = EventLoop(name: "fuzz")
    loop.execute {
      loop.spawn {
        do { try await body(loop) } catch { stop("\(error)") }
        loop.stop()
      }
    }
    loop.run()
  }

  private static func run(
    _ surface: any Surface.Type, _ inputs: Int, _ seed: UInt64, on loop: EventLoop
  ) async throws {
    let watch = Watch(path: "fuzz-\(surface.name).input")
    var random = SeededGenerator(surface.name, seed: seed)
    do {
      let fuzzer = Fuzzer(surface: surface, loop: loop, watch: watch)
      let report = try await fuzzer.run(count: inputs, &random)
      watch.end()
      let seconds = Double(report.nanoseconds) / 1e9
      print(
        "| \(surface.name) | \(seed) | \(report.inputs) | \(Int(Double(report.inputs) / seconds))"
          + " | \(report.outcomes) | \(report.slowest / 1000) µs | \(peakMegabytes()) MB |")
    } catch let failure as Fuzzer.Failure {
      stop("seed \(seed): \(failure)\nkept in fuzz-\(surface.name).input")
    }
  }

  private static func replay(_ surface: any Surface.Type, _ path: String) throws {
    var bytes = Array(try Data(contentsOf: URL(fileURLWithPath: path)))
    if path.hasSuffix(".input") { bytes = Watch.input(from: bytes) }
    let input = bytes
    onLoop { loop in
      var random = SeededGenerator(surface.name)
      let examined = try surface.init(loop: loop)
      defer { examined.close() }
      print(try examined.examine(input, &random))
    }
  }

  private static func find(_ name: String) -> (any Surface.Type)? {
    Surfaces.all.first { $0.name == name }
  }

  private static func option(_ name: String, in arguments: inout [String]) -> String? {
    guard let position = arguments.firstIndex(of: name), position + 1 < arguments.count else {
      return nil
    }
    let value = arguments[position + 1]
    arguments.removeSubrange(position...(position + 1))
    return value
  }

  private static func peakMegabytes() -> Int {
    var usage = rusage()
    getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
    return usage.ru_maxrss / 1024
  }

  private static func stop(_ message: String) -> Never { end(1, message) }

  /// Ends where the command line cannot be followed.
  private static func refuse(_ message: String) -> Never { end(2, message) }

  private static func end(_ status: Int32, _ message: String) -> Never {
    FileHandle.standardError.write(Data((message + "\n").utf8))
    exit(status)
  }
}
