internal import Domain

/// What the body of an answer to a claim says, as far as it is checked.
struct ClaimAnswer: JSONVisitor {
  /// The campaign that was asked for, as text.
  let campaign: Identifier

  private(set) var coupon: Identifier?
  private(set) var sequence: Int?
  private(set) var isSoldOut = false
  private(set) var isClosed = false
  private(set) var isRateLimited = false
  private(set) var isRetryable = false

  private var isOfCampaign = false
  private var isIssued = false
  private var hasIssueTime = false
  private var isAcknowledged = false
  private var hasData = false
  private var hasError = false
  private var hasRequestID = false
  private var isWellFormed = false

  init(of body: UnsafeRawBufferPointer, campaign: Identifier) {
    self.campaign = campaign
    isWellFormed = JSONScanner.scan(body, &self)
  }

  /// A coupon with all that api.md promises.
  var isCoupon: Bool {
    isWellFormed && hasData && !hasError && hasRequestID && coupon != nil && sequence != nil
      && isOfCampaign && isIssued && hasIssueTime && isAcknowledged
  }

  /// An error in its envelope.
  var isError: Bool { isWellFormed && hasError && !hasData && hasRequestID }

  mutating func member(_ name: UnsafeRawBufferPointer, _ value: JSONToken, depth: Int) {
    switch depth {
    case 1: outer(name, value)
    case 2: inner(name, value)
    default: break
    }
  }

  private mutating func outer(_ name: UnsafeRawBufferPointer, _ value: JSONToken) {
    if name.isEqual(to: "data") {
      hasData = value.kind == .object
    } else if name.isEqual(to: "error") {
      hasError = value.kind == .object
    } else if name.isEqual(to: "request_id") {
      hasRequestID = value.kind == .string && !value.bytes.isEmpty
    }
  }

  private mutating func inner(_ name: UnsafeRawBufferPointer, _ value: JSONToken) {
    if name.isEqual(to: "coupon_id") {
      coupon = value.kind == .string ? Identifier(text: value.bytes) : nil
    } else if name.isEqual(to: "campaign_id") {
      isOfCampaign = value.kind == .string && Identifier(text: value.bytes) == campaign
    } else if name.isEqual(to: "sequence") {
      sequence = value.integer
    } else if name.isEqual(to: "status") {
      isIssued = value.isString("ISSUED")
    } else if name.isEqual(to: "issued_at") {
      hasIssueTime = value.kind == .string && value.bytes.count >= 20
    } else if name.isEqual(to: "acknowledged") {
      isAcknowledged = value.isString("hot") || value.isString("ledger")
    } else if name.isEqual(to: "code") {
      isSoldOut = value.isString("SOLD_OUT")
      isClosed = value.isString("CLOSED")
      isRateLimited = value.isString("RATE_LIMITED")
      isRetryable = value.isString("INTERNAL_RETRYABLE")
    }
  }
}
