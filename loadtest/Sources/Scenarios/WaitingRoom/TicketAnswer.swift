internal import Domain

/// An answer about a ticket, taken apart and checked for what api.md promises.
struct TicketAnswer: JSONVisitor {
  enum Status { case waiting, admitted }

  private(set) var ticket: [UInt8] = []
  private(set) var number: Int?
  /// Nil where the room tells none.
  private(set) var position: Int?
  private(set) var pollAfter: Int?
  private(set) var status: Status?
  private(set) var admittedUntil: Instant?
  /// What `X-Admission-Token` takes; empty while the visitor waits.
  private(set) var admission: [UInt8] = []
  private var isWellFormed = false
  private var envelope = AnswerEnvelope()
  private var hasPosition = false
  private var hasEstimate = false
  private var hasAdmission: Bool { !admission.isEmpty }

  init(of body: UnsafeRawBufferPointer) { isWellFormed = JSONScanner.scan(body, &self) }

  /// A ticket with all that its status asks for.
  var isTicket: Bool {
    guard isWellFormed, envelope.hasObject, !ticket.isEmpty, hasPosition,
      hasEstimate, let number, number > 0, let pollAfter, pollAfter > 0, let status
    else { return false }
    switch status {
    case .waiting: return !hasAdmission && admittedUntil == nil && (position ?? 1) >= 1
    case .admitted: return hasAdmission && admittedUntil != nil
    }
  }

  /// An error in its envelope.
  func isError(_ code: StaticString) -> Bool {
    isWellFormed && envelope.isError(code)
  }

  mutating func member(_ name: UnsafeRawBufferPointer, _ value: JSONToken, depth: Int) {
    envelope.member(name, value, depth: depth)
    if depth == 2 { inner(name, value) }
  }

  private mutating func inner(_ name: UnsafeRawBufferPointer, _ value: JSONToken) {
    if name.isEqual(to: "ticket") {
      if value.kind == .string { ticket = Array(value.bytes) }
    } else if name.isEqual(to: "number") {
      number = value.integer
    } else if name.isEqual(to: "position") {
      position = value.integer
      hasPosition = position != nil || value.kind == .null
    } else if name.isEqual(to: "estimated_wait_seconds") {
      hasEstimate = value.integer != nil || value.kind == .null
    } else if name.isEqual(to: "poll_after_ms") {
      pollAfter = value.integer
    } else if name.isEqual(to: "status") {
      status = value.isString("WAITING") ? .waiting : value.isString("ADMITTED") ? .admitted : nil
    } else if name.isEqual(to: "admission_token") {
      if value.kind == .string { admission = Array(value.bytes) }
    } else if name.isEqual(to: "admitted_until") {
      admittedUntil = value.kind == .string ? Instant(text: value.bytes) : nil
    }
  }
}
