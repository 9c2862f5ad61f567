import TestSupport

/// Runs `count` requests at once on the shop's loop, and returns their answers in order.
func together<Answer>(
  _ shop: Shop, _ count: Int, _ body: @escaping (Int) async throws -> Answer
) async throws -> [Answer] {
  var answers = [Answer?](repeating: nil, count: count)
  var failure: (any Error)?
  let tasks = (0..<count).map { number in
    shop.api.loop.spawn {
      do { answers[number] = try await body(number) } catch { failure = error }
    }
  }
  for task in tasks { await task.value }
  if let failure { throw failure }
  return answers.compactMap { $0 }
}
