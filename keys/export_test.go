package keys

// RawSignature is tested with vectors that no key of ours can be made to return.
var RawSignature = rawSignature
