// Package house holds no code, only the house rules as tests: which room may
// import which, which packages must stay pure, and what is imported nowhere.
package house
