/// The rows of a query as its transaction sees them, page by page: a cursor of the server. Loop-confined, and of no
/// use once the transaction has ended.
///
/// While a page is worked on, the server finds the next.
public final class PostgresPages {
  private let transaction: PostgresTransaction
  private let name: String
  private let size: Int
  private let timeout: Duration?
  private var underWay: Fetch?
  /// Whether the server was asked for the first page: otherwise it was refused before.
  var isSent: Bool { underWay?.isSent ?? false }

  /// - Parameter declaration: what makes the cursor of the name given; sent with the first page.
  init(
    of name: String, declaration: [PostgresRequest.Step], in transaction: PostgresTransaction,
    size: Int, timeout: Duration?
  ) {
    self.transaction = transaction
    self.name = name
    self.size = size
    self.timeout = timeout
    fetch(behind: declaration)
  }

  /// The next page; `nil` behind the last.
  ///
  /// Waits for it even when the task is cancelled meanwhile: the time-out bounds that.
  public func next() async throws(PostgresError) -> PostgresRows? {
    guard let fetch = underWay else { return nil }
    if Task.isCancelled { throw .cancelled }
    underWay = nil
    let rows: PostgresRows
    do throws(PostgresError) {
      rows = try await fetch.rows()
    } catch {
      transaction.failed(with: error)
      throw error
    }
    if rows.count == size {
      self.fetch(behind: [])
    } else {
      close()
    }
    return rows.isEmpty ? nil : rows
  }

  private func fetch(behind steps: [PostgresRequest.Step]) {
    precondition(!transaction.isOver, "the transaction has ended")
    var steps = steps
    if let timeout { steps.append(PostgresRequest.Work.timeoutStep(timeout)) }
    let main = steps.count
    steps.append(
      PostgresRequest.Step(
        statement: Statement(unprepared: "fetch forward \(size) from \(name)"), values: []))
    let standard = transaction.defaultTimeout
    if timeout != nil { steps.append(PostgresRequest.Work.timeoutStep(standard)) }
    underWay = Fetch(.steps(steps, main: main), timeout: timeout ?? standard, in: transaction)
  }

  /// Gives back what the server keeps for the cursor. That it cannot is of no consequence but to the
  /// transaction, which then says so at its end.
  private func close() {
    let request = PostgresRequest(
      Statement(unprepared: "close \(name)"), timeout: transaction.defaultTimeout)
    request.completion = { _ in }
    transaction.connection.send(request)
  }

  /// One page that was asked for.
  private final class Fetch {
    private var result: Result<PostgresRows, PostgresError>?
    private var waiter: CheckedContinuation<Void, Never>?
    private(set) var isSent = false

    init(_ work: PostgresRequest.Work, timeout: Duration, in transaction: PostgresTransaction) {
      let request = PostgresRequest(work: work, timeout: timeout)
      request.completion = { result in
        self.result = result
        self.waiter?.resume()
        self.waiter = nil
      }
      transaction.connection.send(request)
      isSent = request.sentAt != 0
    }

    func rows() async throws(PostgresError) -> PostgresRows {
      if result == nil { await withCheckedContinuation { waiter = $0 } }
      return try result!.get()
    }
  }
}
