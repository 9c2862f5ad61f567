import EventLoop
import TestSupport

/// Puts inputs to one surface: first the corpus, then what the mutator makes of it.
///
/// The same seed, corpus and number give the same inputs.
struct Fuzzer {
  /// What a run came to.
  struct Report {
    var inputs = 0
    /// Kinds of outcome that were seen.
    var outcomes = 0
    var nanoseconds: UInt64 = 0
    /// The longest time that one input took.
    var slowest: UInt64 = 0
    var slowestInput: [UInt8] = []
  }

  /// An input that broke something.
  struct Failure: Error, CustomStringConvertible {
    let surface: String
    let input: [UInt8]
    let breach: Breach

    var description: String {
      "\(surface): \(breach)\ninput: \(String(decoding: input, as: UTF8.self).debugDescription)"
    }
  }

  let surface: any Surface.Type
  let loop: EventLoop
  /// Told of each input before it is read.
  var watch: Watch?

  /// Inputs that new ones are made from at most; a new one then takes the place of an old one.
  private static let poolCount = 2048
  /// Inputs between two turns of the loop, in which closed connections go.
  private static let batch = 128

  /// Call it on the loop.
  ///
  /// - Parameter count: inputs besides the corpus.
  func run(count: Int, _ random: inout SeededGenerator) async throws -> Report {
    let seeds = try Corpus.inputs(of: surface.name).map(\.bytes)
    var pool = seeds
    var seen: Set<String> = []
    var report = Report()
    let mutator = Mutator(words: surface.words, maximumCount: surface.maximumCount)
    let examined = try surface.init(loop: loop)
    defer { examined.close() }
    let start = EventLoop.nanoseconds()
    for number in 0..<(seeds.count + count) {
      let input =
        number < seeds.count ? seeds[number] : mutator.input(from: pool, &random)
      let outcome = try examine(input, by: examined, &report, &random)
      if seen.insert(outcome).inserted, number >= seeds.count {
        Self.keep(input, in: &pool, seeds: seeds.count, &random)
      }
      if number % Self.batch == 0 { await turn() }
    }
    await turn()
    report.inputs = seeds.count + count
    report.outcomes = seen.count
    report.nanoseconds = EventLoop.nanoseconds() - start
    return report
  }

  private func examine(
    _ input: [UInt8], by examined: any Surface, _ report: inout Report,
    _ random: inout SeededGenerator
  ) throws -> String {
    watch?.begin(input)
    let start = EventLoop.nanoseconds()
    let outcome: String
    do throws(Breach) {
      outcome = try examined.examine(input, &random)
    } catch {
      throw Failure(surface: surface.name, input: input, breach: error)
    }
    let taken = EventLoop.nanoseconds() - start
    if taken > report.slowest { (report.slowest, report.slowestInput) = (taken, input) }
    return outcome
  }

  private static func keep(
    _ input: [UInt8], in pool: inout [[UInt8]], seeds: Int, _ random: inout SeededGenerator
  ) {
    guard pool.count >= poolCount else { return pool.append(input) }
    pool[seeds + Int(random.next() % UInt64(pool.count - seeds))] = input
  }

  /// Lets the loop do what waits.
  private func turn() async {
    await withCheckedContinuation { continuation in loop.execute { continuation.resume() } }
  }
}
