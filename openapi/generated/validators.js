// Made by npm run generate from openapi/openapi.yaml. Do not edit.
import func1Module from 'ajv/dist/runtime/ucs2length.js';
"use strict";
export const isBuildParameters = validate20;
const schema31 = {"$id":"isBuildParameters","type":"object","additionalProperties":false,"required":["source_url"],"properties":{"source_url":{"description":"The https URL of a public git repository.","type":"string","minLength":1,"maxLength":2048},"ref":{"description":"A branch, tag, full ref name or full commit hash. If absent or empty, the default branch.","type":"string","maxLength":255},"envvars":{"description":"Environment variables of the build. A name has at least three characters. All names and values together may have 16 KiB.","type":"object","maxProperties":128,"propertyNames":{"pattern":"^[A-Za-z_][A-Za-z_0-9]{2,}$","maxLength":256},"additionalProperties":{"type":"string","maxLength":16384}},"image_name":{"description":"The image's name in the tool's project. If absent, `tool-` and the tool's name.","type":"string","maxLength":128,"pattern":"^([a-z0-9]+((\\.|_|__|-+)[a-z0-9]+)*)?$"},"use_latest_versions":{"type":"boolean","default":false},"use_deprecated_versions":{"type":"boolean","default":false}}};
const func1 = func1Module.default ?? func1Module;
const pattern4 = new RegExp("^[A-Za-z_][A-Za-z_0-9]{2,}$", "u");
const pattern5 = new RegExp("^([a-z0-9]+((\\.|_|__|-+)[a-z0-9]+)*)?$", "u");

function validate20(data, {instancePath="", parentData, parentDataProperty, rootData=data, dynamicAnchors={}}={}){
/*# sourceURL="isBuildParameters" */;
let vErrors = null;
let errors = 0;
const evaluated0 = validate20.evaluated;
if(evaluated0.dynamicProps){
evaluated0.props = undefined;
}
if(evaluated0.dynamicItems){
evaluated0.items = undefined;
}
if(errors === 0){
if(data && typeof data == "object" && !Array.isArray(data)){
let missing0;
if((data.source_url === undefined) && (missing0 = "source_url")){
validate20.errors = [{instancePath,schemaPath:"#/required",keyword:"required",params:{missingProperty: missing0},message:"must have required property '"+missing0+"'"}];
return false;
}
else {
const _errs1 = errors;
for(const key0 in data){
if(!((((((key0 === "source_url") || (key0 === "ref")) || (key0 === "envvars")) || (key0 === "image_name")) || (key0 === "use_latest_versions")) || (key0 === "use_deprecated_versions"))){
validate20.errors = [{instancePath,schemaPath:"#/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key0},message:"must NOT have additional properties"}];
return false;
break;
}
}
if(_errs1 === errors){
if(data.source_url !== undefined){
let data0 = data.source_url;
const _errs2 = errors;
if(errors === _errs2){
if(typeof data0 === "string"){
if(func1(data0) > 2048){
validate20.errors = [{instancePath:instancePath+"/source_url",schemaPath:"#/properties/source_url/maxLength",keyword:"maxLength",params:{limit: 2048},message:"must NOT have more than 2048 characters"}];
return false;
}
else {
if(func1(data0) < 1){
validate20.errors = [{instancePath:instancePath+"/source_url",schemaPath:"#/properties/source_url/minLength",keyword:"minLength",params:{limit: 1},message:"must NOT have fewer than 1 characters"}];
return false;
}
}
}
else {
validate20.errors = [{instancePath:instancePath+"/source_url",schemaPath:"#/properties/source_url/type",keyword:"type",params:{type: "string"},message:"must be string"}];
return false;
}
}
var valid0 = _errs2 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.ref !== undefined){
let data1 = data.ref;
const _errs4 = errors;
if(errors === _errs4){
if(typeof data1 === "string"){
if(func1(data1) > 255){
validate20.errors = [{instancePath:instancePath+"/ref",schemaPath:"#/properties/ref/maxLength",keyword:"maxLength",params:{limit: 255},message:"must NOT have more than 255 characters"}];
return false;
}
}
else {
validate20.errors = [{instancePath:instancePath+"/ref",schemaPath:"#/properties/ref/type",keyword:"type",params:{type: "string"},message:"must be string"}];
return false;
}
}
var valid0 = _errs4 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.envvars !== undefined){
let data2 = data.envvars;
const _errs6 = errors;
if(errors === _errs6){
if(data2 && typeof data2 == "object" && !Array.isArray(data2)){
if(Object.keys(data2).length > 128){
validate20.errors = [{instancePath:instancePath+"/envvars",schemaPath:"#/properties/envvars/maxProperties",keyword:"maxProperties",params:{limit: 128},message:"must NOT have more than 128 properties"}];
return false;
}
else {
for(const key1 in data2){
const _errs8 = errors;
if(typeof key1 === "string"){
if(func1(key1) > 256){
const err0 = {instancePath:instancePath+"/envvars",schemaPath:"#/properties/envvars/propertyNames/maxLength",keyword:"maxLength",params:{limit: 256},message:"must NOT have more than 256 characters",propertyName:key1};
if(vErrors === null){
vErrors = [err0];
}
else {
vErrors.push(err0);
}
errors++;
}
else {
if(!pattern4.test(key1)){
const err1 = {instancePath:instancePath+"/envvars",schemaPath:"#/properties/envvars/propertyNames/pattern",keyword:"pattern",params:{pattern: "^[A-Za-z_][A-Za-z_0-9]{2,}$"},message:"must match pattern \""+"^[A-Za-z_][A-Za-z_0-9]{2,}$"+"\"",propertyName:key1};
if(vErrors === null){
vErrors = [err1];
}
else {
vErrors.push(err1);
}
errors++;
}
}
}
var valid1 = _errs8 === errors;
if(!valid1){
const err2 = {instancePath:instancePath+"/envvars",schemaPath:"#/properties/envvars/propertyNames",keyword:"propertyNames",params:{propertyName: key1},message:"property name must be valid"};
if(vErrors === null){
vErrors = [err2];
}
else {
vErrors.push(err2);
}
errors++;
validate20.errors = vErrors;
return false;
break;
}
}
if(valid1){
for(const key2 in data2){
let data3 = data2[key2];
const _errs10 = errors;
if(errors === _errs10){
if(typeof data3 === "string"){
if(func1(data3) > 16384){
validate20.errors = [{instancePath:instancePath+"/envvars/" + key2.replace(/~/g, "~0").replace(/\//g, "~1"),schemaPath:"#/properties/envvars/additionalProperties/maxLength",keyword:"maxLength",params:{limit: 16384},message:"must NOT have more than 16384 characters"}];
return false;
}
}
else {
validate20.errors = [{instancePath:instancePath+"/envvars/" + key2.replace(/~/g, "~0").replace(/\//g, "~1"),schemaPath:"#/properties/envvars/additionalProperties/type",keyword:"type",params:{type: "string"},message:"must be string"}];
return false;
}
}
var valid2 = _errs10 === errors;
if(!valid2){
break;
}
}
}
}
}
else {
validate20.errors = [{instancePath:instancePath+"/envvars",schemaPath:"#/properties/envvars/type",keyword:"type",params:{type: "object"},message:"must be object"}];
return false;
}
}
var valid0 = _errs6 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.image_name !== undefined){
let data4 = data.image_name;
const _errs12 = errors;
if(errors === _errs12){
if(typeof data4 === "string"){
if(func1(data4) > 128){
validate20.errors = [{instancePath:instancePath+"/image_name",schemaPath:"#/properties/image_name/maxLength",keyword:"maxLength",params:{limit: 128},message:"must NOT have more than 128 characters"}];
return false;
}
else {
if(!pattern5.test(data4)){
validate20.errors = [{instancePath:instancePath+"/image_name",schemaPath:"#/properties/image_name/pattern",keyword:"pattern",params:{pattern: "^([a-z0-9]+((\\.|_|__|-+)[a-z0-9]+)*)?$"},message:"must match pattern \""+"^([a-z0-9]+((\\.|_|__|-+)[a-z0-9]+)*)?$"+"\""}];
return false;
}
}
}
else {
validate20.errors = [{instancePath:instancePath+"/image_name",schemaPath:"#/properties/image_name/type",keyword:"type",params:{type: "string"},message:"must be string"}];
return false;
}
}
var valid0 = _errs12 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.use_latest_versions !== undefined){
const _errs14 = errors;
if(typeof data.use_latest_versions !== "boolean"){
validate20.errors = [{instancePath:instancePath+"/use_latest_versions",schemaPath:"#/properties/use_latest_versions/type",keyword:"type",params:{type: "boolean"},message:"must be boolean"}];
return false;
}
var valid0 = _errs14 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.use_deprecated_versions !== undefined){
const _errs16 = errors;
if(typeof data.use_deprecated_versions !== "boolean"){
validate20.errors = [{instancePath:instancePath+"/use_deprecated_versions",schemaPath:"#/properties/use_deprecated_versions/type",keyword:"type",params:{type: "boolean"},message:"must be boolean"}];
return false;
}
var valid0 = _errs16 === errors;
}
else {
var valid0 = true;
}
}
}
}
}
}
}
}
}
else {
validate20.errors = [{instancePath,schemaPath:"#/type",keyword:"type",params:{type: "object"},message:"must be object"}];
return false;
}
}
validate20.errors = vErrors;
return errors === 0;
}
validate20.evaluated = {"props":true,"dynamicProps":false,"dynamicItems":false};

export const listBuildsParameters = validate21;
const schema32 = {"$id":"listBuildsParameters","type":"object","properties":{"toolname":{"type":"string","pattern":"^[a-z]([-_a-z0-9]{0,254}[a-z0-9])?$"}},"required":["toolname"]};
const pattern6 = new RegExp("^[a-z]([-_a-z0-9]{0,254}[a-z0-9])?$", "u");

function validate21(data, {instancePath="", parentData, parentDataProperty, rootData=data, dynamicAnchors={}}={}){
/*# sourceURL="listBuildsParameters" */;
let vErrors = null;
let errors = 0;
const evaluated0 = validate21.evaluated;
if(evaluated0.dynamicProps){
evaluated0.props = undefined;
}
if(evaluated0.dynamicItems){
evaluated0.items = undefined;
}
if(errors === 0){
if(data && typeof data == "object" && !Array.isArray(data)){
let missing0;
if((data.toolname === undefined) && (missing0 = "toolname")){
validate21.errors = [{instancePath,schemaPath:"#/required",keyword:"required",params:{missingProperty: missing0},message:"must have required property '"+missing0+"'"}];
return false;
}
else {
if(data.toolname !== undefined){
let data0 = data.toolname;
const _errs1 = errors;
if(errors === _errs1){
if(typeof data0 === "string"){
if(!pattern6.test(data0)){
validate21.errors = [{instancePath:instancePath+"/toolname",schemaPath:"#/properties/toolname/pattern",keyword:"pattern",params:{pattern: "^[a-z]([-_a-z0-9]{0,254}[a-z0-9])?$"},message:"must match pattern \""+"^[a-z]([-_a-z0-9]{0,254}[a-z0-9])?$"+"\""}];
return false;
}
}
else {
validate21.errors = [{instancePath:instancePath+"/toolname",schemaPath:"#/properties/toolname/type",keyword:"type",params:{type: "string"},message:"must be string"}];
return false;
}
}
}
}
}
else {
validate21.errors = [{instancePath,schemaPath:"#/type",keyword:"type",params:{type: "object"},message:"must be object"}];
return false;
}
}
validate21.errors = vErrors;
return errors === 0;
}
validate21.evaluated = {"props":{"toolname":true},"dynamicProps":false,"dynamicItems":false};

export const startBuildParameters = validate22;
const schema33 = {"$id":"startBuildParameters","type":"object","properties":{"toolname":{"type":"string","pattern":"^[a-z]([-_a-z0-9]{0,254}[a-z0-9])?$"},"Idempotency-Key":{"type":"string","pattern":"^[\\x21-\\x7e]{1,255}$"}},"required":["toolname"]};
const pattern8 = new RegExp("^[\\x21-\\x7e]{1,255}$", "u");

function validate22(data, {instancePath="", parentData, parentDataProperty, rootData=data, dynamicAnchors={}}={}){
/*# sourceURL="startBuildParameters" */;
let vErrors = null;
let errors = 0;
const evaluated0 = validate22.evaluated;
if(evaluated0.dynamicProps){
evaluated0.props = undefined;
}
if(evaluated0.dynamicItems){
evaluated0.items = undefined;
}
if(errors === 0){
if(data && typeof data == "object" && !Array.isArray(data)){
let missing0;
if((data.toolname === undefined) && (missing0 = "toolname")){
validate22.errors = [{instancePath,schemaPath:"#/required",keyword:"required",params:{missingProperty: missing0},message:"must have required property '"+missing0+"'"}];
return false;
}
else {
if(data.toolname !== undefined){
let data0 = data.toolname;
const _errs1 = errors;
if(errors === _errs1){
if(typeof data0 === "string"){
if(!pattern6.test(data0)){
validate22.errors = [{instancePath:instancePath+"/toolname",schemaPath:"#/properties/toolname/pattern",keyword:"pattern",params:{pattern: "^[a-z]([-_a-z0-9]{0,254}[a-z0-9])?$"},message:"must match pattern \""+"^[a-z]([-_a-z0-9]{0,254}[a-z0-9])?$"+"\""}];
return false;
}
}
else {
validate22.errors = [{instancePath:instancePath+"/toolname",schemaPath:"#/properties/toolname/type",keyword:"type",params:{type: "string"},message:"must be string"}];
return false;
}
}
var valid0 = _errs1 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data["Idempotency-Key"] !== undefined){
let data1 = data["Idempotency-Key"];
const _errs3 = errors;
if(errors === _errs3){
if(typeof data1 === "string"){
if(!pattern8.test(data1)){
validate22.errors = [{instancePath:instancePath+"/Idempotency-Key",schemaPath:"#/properties/Idempotency-Key/pattern",keyword:"pattern",params:{pattern: "^[\\x21-\\x7e]{1,255}$"},message:"must match pattern \""+"^[\\x21-\\x7e]{1,255}$"+"\""}];
return false;
}
}
else {
validate22.errors = [{instancePath:instancePath+"/Idempotency-Key",schemaPath:"#/properties/Idempotency-Key/type",keyword:"type",params:{type: "string"},message:"must be string"}];
return false;
}
}
var valid0 = _errs3 === errors;
}
else {
var valid0 = true;
}
}
}
}
else {
validate22.errors = [{instancePath,schemaPath:"#/type",keyword:"type",params:{type: "object"},message:"must be object"}];
return false;
}
}
validate22.errors = vErrors;
return errors === 0;
}
validate22.evaluated = {"props":{"toolname":true,"Idempotency-Key":true},"dynamicProps":false,"dynamicItems":false};

export const getLatestBuildParameters = validate23;
const schema34 = {"$id":"getLatestBuildParameters","type":"object","properties":{"toolname":{"type":"string","pattern":"^[a-z]([-_a-z0-9]{0,254}[a-z0-9])?$"}},"required":["toolname"]};

function validate23(data, {instancePath="", parentData, parentDataProperty, rootData=data, dynamicAnchors={}}={}){
/*# sourceURL="getLatestBuildParameters" */;
let vErrors = null;
let errors = 0;
const evaluated0 = validate23.evaluated;
if(evaluated0.dynamicProps){
evaluated0.props = undefined;
}
if(evaluated0.dynamicItems){
evaluated0.items = undefined;
}
if(errors === 0){
if(data && typeof data == "object" && !Array.isArray(data)){
let missing0;
if((data.toolname === undefined) && (missing0 = "toolname")){
validate23.errors = [{instancePath,schemaPath:"#/required",keyword:"required",params:{missingProperty: missing0},message:"must have required property '"+missing0+"'"}];
return false;
}
else {
if(data.toolname !== undefined){
let data0 = data.toolname;
const _errs1 = errors;
if(errors === _errs1){
if(typeof data0 === "string"){
if(!pattern6.test(data0)){
validate23.errors = [{instancePath:instancePath+"/toolname",schemaPath:"#/properties/toolname/pattern",keyword:"pattern",params:{pattern: "^[a-z]([-_a-z0-9]{0,254}[a-z0-9])?$"},message:"must match pattern \""+"^[a-z]([-_a-z0-9]{0,254}[a-z0-9])?$"+"\""}];
return false;
}
}
else {
validate23.errors = [{instancePath:instancePath+"/toolname",schemaPath:"#/properties/toolname/type",keyword:"type",params:{type: "string"},message:"must be string"}];
return false;
}
}
}
}
}
else {
validate23.errors = [{instancePath,schemaPath:"#/type",keyword:"type",params:{type: "object"},message:"must be object"}];
return false;
}
}
validate23.errors = vErrors;
return errors === 0;
}
validate23.evaluated = {"props":{"toolname":true},"dynamicProps":false,"dynamicItems":false};

export const getBuildParameters = validate24;
const schema35 = {"$id":"getBuildParameters","type":"object","properties":{"toolname":{"type":"string","pattern":"^[a-z]([-_a-z0-9]{0,254}[a-z0-9])?$"},"id":{"type":"string","pattern":"^[a-z0-9]([-.a-z0-9]{0,251}[a-z0-9])?$"}},"required":["toolname","id"]};
const pattern11 = new RegExp("^[a-z0-9]([-.a-z0-9]{0,251}[a-z0-9])?$", "u");

function validate24(data, {instancePath="", parentData, parentDataProperty, rootData=data, dynamicAnchors={}}={}){
/*# sourceURL="getBuildParameters" */;
let vErrors = null;
let errors = 0;
const evaluated0 = validate24.evaluated;
if(evaluated0.dynamicProps){
evaluated0.props = undefined;
}
if(evaluated0.dynamicItems){
evaluated0.items = undefined;
}
if(errors === 0){
if(data && typeof data == "object" && !Array.isArray(data)){
let missing0;
if(((data.toolname === undefined) && (missing0 = "toolname")) || ((data.id === undefined) && (missing0 = "id"))){
validate24.errors = [{instancePath,schemaPath:"#/required",keyword:"required",params:{missingProperty: missing0},message:"must have required property '"+missing0+"'"}];
return false;
}
else {
if(data.toolname !== undefined){
let data0 = data.toolname;
const _errs1 = errors;
if(errors === _errs1){
if(typeof data0 === "string"){
if(!pattern6.test(data0)){
validate24.errors = [{instancePath:instancePath+"/toolname",schemaPath:"#/properties/toolname/pattern",keyword:"pattern",params:{pattern: "^[a-z]([-_a-z0-9]{0,254}[a-z0-9])?$"},message:"must match pattern \""+"^[a-z]([-_a-z0-9]{0,254}[a-z0-9])?$"+"\""}];
return false;
}
}
else {
validate24.errors = [{instancePath:instancePath+"/toolname",schemaPath:"#/properties/toolname/type",keyword:"type",params:{type: "string"},message:"must be string"}];
return false;
}
}
var valid0 = _errs1 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.id !== undefined){
let data1 = data.id;
const _errs3 = errors;
if(errors === _errs3){
if(typeof data1 === "string"){
if(!pattern11.test(data1)){
validate24.errors = [{instancePath:instancePath+"/id",schemaPath:"#/properties/id/pattern",keyword:"pattern",params:{pattern: "^[a-z0-9]([-.a-z0-9]{0,251}[a-z0-9])?$"},message:"must match pattern \""+"^[a-z0-9]([-.a-z0-9]{0,251}[a-z0-9])?$"+"\""}];
return false;
}
}
else {
validate24.errors = [{instancePath:instancePath+"/id",schemaPath:"#/properties/id/type",keyword:"type",params:{type: "string"},message:"must be string"}];
return false;
}
}
var valid0 = _errs3 === errors;
}
else {
var valid0 = true;
}
}
}
}
else {
validate24.errors = [{instancePath,schemaPath:"#/type",keyword:"type",params:{type: "object"},message:"must be object"}];
return false;
}
}
validate24.errors = vErrors;
return errors === 0;
}
validate24.evaluated = {"props":{"toolname":true,"id":true},"dynamicProps":false,"dynamicItems":false};

export const deleteBuildParameters = validate25;
const schema36 = {"$id":"deleteBuildParameters","type":"object","properties":{"toolname":{"type":"string","pattern":"^[a-z]([-_a-z0-9]{0,254}[a-z0-9])?$"},"id":{"type":"string","pattern":"^[a-z0-9]([-.a-z0-9]{0,251}[a-z0-9])?$"}},"required":["toolname","id"]};

function validate25(data, {instancePath="", parentData, parentDataProperty, rootData=data, dynamicAnchors={}}={}){
/*# sourceURL="deleteBuildParameters" */;
let vErrors = null;
let errors = 0;
const evaluated0 = validate25.evaluated;
if(evaluated0.dynamicProps){
evaluated0.props = undefined;
}
if(evaluated0.dynamicItems){
evaluated0.items = undefined;
}
if(errors === 0){
if(data && typeof data == "object" && !Array.isArray(data)){
let missing0;
if(((data.toolname === undefined) && (missing0 = "toolname")) || ((data.id === undefined) && (missing0 = "id"))){
validate25.errors = [{instancePath,schemaPath:"#/required",keyword:"required",params:{missingProperty: missing0},message:"must have required property '"+missing0+"'"}];
return false;
}
else {
if(data.toolname !== undefined){
let data0 = data.toolname;
const _errs1 = errors;
if(errors === _errs1){
if(typeof data0 === "string"){
if(!pattern6.test(data0)){
validate25.errors = [{instancePath:instancePath+"/toolname",schemaPath:"#/properties/toolname/pattern",keyword:"pattern",params:{pattern: "^[a-z]([-_a-z0-9]{0,254}[a-z0-9])?$"},message:"must match pattern \""+"^[a-z]([-_a-z0-9]{0,254}[a-z0-9])?$"+"\""}];
return false;
}
}
else {
validate25.errors = [{instancePath:instancePath+"/toolname",schemaPath:"#/properties/toolname/type",keyword:"type",params:{type: "string"},message:"must be string"}];
return false;
}
}
var valid0 = _errs1 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.id !== undefined){
let data1 = data.id;
const _errs3 = errors;
if(errors === _errs3){
if(typeof data1 === "string"){
if(!pattern11.test(data1)){
validate25.errors = [{instancePath:instancePath+"/id",schemaPath:"#/properties/id/pattern",keyword:"pattern",params:{pattern: "^[a-z0-9]([-.a-z0-9]{0,251}[a-z0-9])?$"},message:"must match pattern \""+"^[a-z0-9]([-.a-z0-9]{0,251}[a-z0-9])?$"+"\""}];
return false;
}
}
else {
validate25.errors = [{instancePath:instancePath+"/id",schemaPath:"#/properties/id/type",keyword:"type",params:{type: "string"},message:"must be string"}];
return false;
}
}
var valid0 = _errs3 === errors;
}
else {
var valid0 = true;
}
}
}
}
else {
validate25.errors = [{instancePath,schemaPath:"#/type",keyword:"type",params:{type: "object"},message:"must be object"}];
return false;
}
}
validate25.errors = vErrors;
return errors === 0;
}
validate25.evaluated = {"props":{"toolname":true,"id":true},"dynamicProps":false,"dynamicItems":false};

export const cancelBuildParameters = validate26;
const schema37 = {"$id":"cancelBuildParameters","type":"object","properties":{"toolname":{"type":"string","pattern":"^[a-z]([-_a-z0-9]{0,254}[a-z0-9])?$"},"id":{"type":"string","pattern":"^[a-z0-9]([-.a-z0-9]{0,251}[a-z0-9])?$"}},"required":["toolname","id"]};

function validate26(data, {instancePath="", parentData, parentDataProperty, rootData=data, dynamicAnchors={}}={}){
/*# sourceURL="cancelBuildParameters" */;
let vErrors = null;
let errors = 0;
const evaluated0 = validate26.evaluated;
if(evaluated0.dynamicProps){
evaluated0.props = undefined;
}
if(evaluated0.dynamicItems){
evaluated0.items = undefined;
}
if(errors === 0){
if(data && typeof data == "object" && !Array.isArray(data)){
let missing0;
if(((data.toolname === undefined) && (missing0 = "toolname")) || ((data.id === undefined) && (missing0 = "id"))){
validate26.errors = [{instancePath,schemaPath:"#/required",keyword:"required",params:{missingProperty: missing0},message:"must have required property '"+missing0+"'"}];
return false;
}
else {
if(data.toolname !== undefined){
let data0 = data.toolname;
const _errs1 = errors;
if(errors === _errs1){
if(typeof data0 === "string"){
if(!pattern6.test(data0)){
validate26.errors = [{instancePath:instancePath+"/toolname",schemaPath:"#/properties/toolname/pattern",keyword:"pattern",params:{pattern: "^[a-z]([-_a-z0-9]{0,254}[a-z0-9])?$"},message:"must match pattern \""+"^[a-z]([-_a-z0-9]{0,254}[a-z0-9])?$"+"\""}];
return false;
}
}
else {
validate26.errors = [{instancePath:instancePath+"/toolname",schemaPath:"#/properties/toolname/type",keyword:"type",params:{type: "string"},message:"must be string"}];
return false;
}
}
var valid0 = _errs1 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.id !== undefined){
let data1 = data.id;
const _errs3 = errors;
if(errors === _errs3){
if(typeof data1 === "string"){
if(!pattern11.test(data1)){
validate26.errors = [{instancePath:instancePath+"/id",schemaPath:"#/properties/id/pattern",keyword:"pattern",params:{pattern: "^[a-z0-9]([-.a-z0-9]{0,251}[a-z0-9])?$"},message:"must match pattern \""+"^[a-z0-9]([-.a-z0-9]{0,251}[a-z0-9])?$"+"\""}];
return false;
}
}
else {
validate26.errors = [{instancePath:instancePath+"/id",schemaPath:"#/properties/id/type",keyword:"type",params:{type: "string"},message:"must be string"}];
return false;
}
}
var valid0 = _errs3 === errors;
}
else {
var valid0 = true;
}
}
}
}
else {
validate26.errors = [{instancePath,schemaPath:"#/type",keyword:"type",params:{type: "object"},message:"must be object"}];
return false;
}
}
validate26.errors = vErrors;
return errors === 0;
}
validate26.evaluated = {"props":{"toolname":true,"id":true},"dynamicProps":false,"dynamicItems":false};

export const getLogsParameters = validate27;
const schema38 = {"$id":"getLogsParameters","type":"object","properties":{"toolname":{"type":"string","pattern":"^[a-z]([-_a-z0-9]{0,254}[a-z0-9])?$"},"id":{"type":"string","pattern":"^[a-z0-9]([-.a-z0-9]{0,251}[a-z0-9])?$"},"follow":{"type":"string","enum":["true","false","True","False","1","0",""]},"cursor":{"type":"string","minLength":1,"maxLength":200},"format":{"type":"string","enum":["text","sse","ndjson"]},"step":{"type":"string","pattern":"^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$"},"tail":{"type":"string","pattern":"^[0-9]{1,7}$"},"since":{"type":"string","minLength":1,"maxLength":40},"grep":{"type":"string","minLength":1,"maxLength":200},"from_line":{"type":"string","pattern":"^[1-9][0-9]{0,8}$"},"lines":{"type":"string","pattern":"^[1-9][0-9]{0,6}$"},"Last-Event-ID":{"type":"string"}},"required":["toolname","id"]};
const pattern18 = new RegExp("^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$", "u");
const pattern19 = new RegExp("^[0-9]{1,7}$", "u");
const pattern20 = new RegExp("^[1-9][0-9]{0,8}$", "u");
const pattern21 = new RegExp("^[1-9][0-9]{0,6}$", "u");

function validate27(data, {instancePath="", parentData, parentDataProperty, rootData=data, dynamicAnchors={}}={}){
/*# sourceURL="getLogsParameters" */;
let vErrors = null;
let errors = 0;
const evaluated0 = validate27.evaluated;
if(evaluated0.dynamicProps){
evaluated0.props = undefined;
}
if(evaluated0.dynamicItems){
evaluated0.items = undefined;
}
if(errors === 0){
if(data && typeof data == "object" && !Array.isArray(data)){
let missing0;
if(((data.toolname === undefined) && (missing0 = "toolname")) || ((data.id === undefined) && (missing0 = "id"))){
validate27.errors = [{instancePath,schemaPath:"#/required",keyword:"required",params:{missingProperty: missing0},message:"must have required property '"+missing0+"'"}];
return false;
}
else {
if(data.toolname !== undefined){
let data0 = data.toolname;
const _errs1 = errors;
if(errors === _errs1){
if(typeof data0 === "string"){
if(!pattern6.test(data0)){
validate27.errors = [{instancePath:instancePath+"/toolname",schemaPath:"#/properties/toolname/pattern",keyword:"pattern",params:{pattern: "^[a-z]([-_a-z0-9]{0,254}[a-z0-9])?$"},message:"must match pattern \""+"^[a-z]([-_a-z0-9]{0,254}[a-z0-9])?$"+"\""}];
return false;
}
}
else {
validate27.errors = [{instancePath:instancePath+"/toolname",schemaPath:"#/properties/toolname/type",keyword:"type",params:{type: "string"},message:"must be string"}];
return false;
}
}
var valid0 = _errs1 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.id !== undefined){
let data1 = data.id;
const _errs3 = errors;
if(errors === _errs3){
if(typeof data1 === "string"){
if(!pattern11.test(data1)){
validate27.errors = [{instancePath:instancePath+"/id",schemaPath:"#/properties/id/pattern",keyword:"pattern",params:{pattern: "^[a-z0-9]([-.a-z0-9]{0,251}[a-z0-9])?$"},message:"must match pattern \""+"^[a-z0-9]([-.a-z0-9]{0,251}[a-z0-9])?$"+"\""}];
return false;
}
}
else {
validate27.errors = [{instancePath:instancePath+"/id",schemaPath:"#/properties/id/type",keyword:"type",params:{type: "string"},message:"must be string"}];
return false;
}
}
var valid0 = _errs3 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.follow !== undefined){
let data2 = data.follow;
const _errs5 = errors;
if(typeof data2 !== "string"){
validate27.errors = [{instancePath:instancePath+"/follow",schemaPath:"#/properties/follow/type",keyword:"type",params:{type: "string"},message:"must be string"}];
return false;
}
if(!(((((((data2 === "true") || (data2 === "false")) || (data2 === "True")) || (data2 === "False")) || (data2 === "1")) || (data2 === "0")) || (data2 === ""))){
validate27.errors = [{instancePath:instancePath+"/follow",schemaPath:"#/properties/follow/enum",keyword:"enum",params:{allowedValues: schema38.properties.follow.enum},message:"must be equal to one of the allowed values"}];
return false;
}
var valid0 = _errs5 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.cursor !== undefined){
let data3 = data.cursor;
const _errs7 = errors;
if(errors === _errs7){
if(typeof data3 === "string"){
if(func1(data3) > 200){
validate27.errors = [{instancePath:instancePath+"/cursor",schemaPath:"#/properties/cursor/maxLength",keyword:"maxLength",params:{limit: 200},message:"must NOT have more than 200 characters"}];
return false;
}
else {
if(func1(data3) < 1){
validate27.errors = [{instancePath:instancePath+"/cursor",schemaPath:"#/properties/cursor/minLength",keyword:"minLength",params:{limit: 1},message:"must NOT have fewer than 1 characters"}];
return false;
}
}
}
else {
validate27.errors = [{instancePath:instancePath+"/cursor",schemaPath:"#/properties/cursor/type",keyword:"type",params:{type: "string"},message:"must be string"}];
return false;
}
}
var valid0 = _errs7 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.format !== undefined){
let data4 = data.format;
const _errs9 = errors;
if(typeof data4 !== "string"){
validate27.errors = [{instancePath:instancePath+"/format",schemaPath:"#/properties/format/type",keyword:"type",params:{type: "string"},message:"must be string"}];
return false;
}
if(!(((data4 === "text") || (data4 === "sse")) || (data4 === "ndjson"))){
validate27.errors = [{instancePath:instancePath+"/format",schemaPath:"#/properties/format/enum",keyword:"enum",params:{allowedValues: schema38.properties.format.enum},message:"must be equal to one of the allowed values"}];
return false;
}
var valid0 = _errs9 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.step !== undefined){
let data5 = data.step;
const _errs11 = errors;
if(errors === _errs11){
if(typeof data5 === "string"){
if(!pattern18.test(data5)){
validate27.errors = [{instancePath:instancePath+"/step",schemaPath:"#/properties/step/pattern",keyword:"pattern",params:{pattern: "^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$"},message:"must match pattern \""+"^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$"+"\""}];
return false;
}
}
else {
validate27.errors = [{instancePath:instancePath+"/step",schemaPath:"#/properties/step/type",keyword:"type",params:{type: "string"},message:"must be string"}];
return false;
}
}
var valid0 = _errs11 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.tail !== undefined){
let data6 = data.tail;
const _errs13 = errors;
if(errors === _errs13){
if(typeof data6 === "string"){
if(!pattern19.test(data6)){
validate27.errors = [{instancePath:instancePath+"/tail",schemaPath:"#/properties/tail/pattern",keyword:"pattern",params:{pattern: "^[0-9]{1,7}$"},message:"must match pattern \""+"^[0-9]{1,7}$"+"\""}];
return false;
}
}
else {
validate27.errors = [{instancePath:instancePath+"/tail",schemaPath:"#/properties/tail/type",keyword:"type",params:{type: "string"},message:"must be string"}];
return false;
}
}
var valid0 = _errs13 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.since !== undefined){
let data7 = data.since;
const _errs15 = errors;
if(errors === _errs15){
if(typeof data7 === "string"){
if(func1(data7) > 40){
validate27.errors = [{instancePath:instancePath+"/since",schemaPath:"#/properties/since/maxLength",keyword:"maxLength",params:{limit: 40},message:"must NOT have more than 40 characters"}];
return false;
}
else {
if(func1(data7) < 1){
validate27.errors = [{instancePath:instancePath+"/since",schemaPath:"#/properties/since/minLength",keyword:"minLength",params:{limit: 1},message:"must NOT have fewer than 1 characters"}];
return false;
}
}
}
else {
validate27.errors = [{instancePath:instancePath+"/since",schemaPath:"#/properties/since/type",keyword:"type",params:{type: "string"},message:"must be string"}];
return false;
}
}
var valid0 = _errs15 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.grep !== undefined){
let data8 = data.grep;
const _errs17 = errors;
if(errors === _errs17){
if(typeof data8 === "string"){
if(func1(data8) > 200){
validate27.errors = [{instancePath:instancePath+"/grep",schemaPath:"#/properties/grep/maxLength",keyword:"maxLength",params:{limit: 200},message:"must NOT have more than 200 characters"}];
return false;
}
else {
if(func1(data8) < 1){
validate27.errors = [{instancePath:instancePath+"/grep",schemaPath:"#/properties/grep/minLength",keyword:"minLength",params:{limit: 1},message:"must NOT have fewer than 1 characters"}];
return false;
}
}
}
else {
validate27.errors = [{instancePath:instancePath+"/grep",schemaPath:"#/properties/grep/type",keyword:"type",params:{type: "string"},message:"must be string"}];
return false;
}
}
var valid0 = _errs17 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.from_line !== undefined){
let data9 = data.from_line;
const _errs19 = errors;
if(errors === _errs19){
if(typeof data9 === "string"){
if(!pattern20.test(data9)){
validate27.errors = [{instancePath:instancePath+"/from_line",schemaPath:"#/properties/from_line/pattern",keyword:"pattern",params:{pattern: "^[1-9][0-9]{0,8}$"},message:"must match pattern \""+"^[1-9][0-9]{0,8}$"+"\""}];
return false;
}
}
else {
validate27.errors = [{instancePath:instancePath+"/from_line",schemaPath:"#/properties/from_line/type",keyword:"type",params:{type: "string"},message:"must be string"}];
return false;
}
}
var valid0 = _errs19 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.lines !== undefined){
let data10 = data.lines;
const _errs21 = errors;
if(errors === _errs21){
if(typeof data10 === "string"){
if(!pattern21.test(data10)){
validate27.errors = [{instancePath:instancePath+"/lines",schemaPath:"#/properties/lines/pattern",keyword:"pattern",params:{pattern: "^[1-9][0-9]{0,6}$"},message:"must match pattern \""+"^[1-9][0-9]{0,6}$"+"\""}];
return false;
}
}
else {
validate27.errors = [{instancePath:instancePath+"/lines",schemaPath:"#/properties/lines/type",keyword:"type",params:{type: "string"},message:"must be string"}];
return false;
}
}
var valid0 = _errs21 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data["Last-Event-ID"] !== undefined){
const _errs23 = errors;
if(typeof data["Last-Event-ID"] !== "string"){
validate27.errors = [{instancePath:instancePath+"/Last-Event-ID",schemaPath:"#/properties/Last-Event-ID/type",keyword:"type",params:{type: "string"},message:"must be string"}];
return false;
}
var valid0 = _errs23 === errors;
}
else {
var valid0 = true;
}
}
}
}
}
}
}
}
}
}
}
}
}
}
else {
validate27.errors = [{instancePath,schemaPath:"#/type",keyword:"type",params:{type: "object"},message:"must be object"}];
return false;
}
}
validate27.errors = vErrors;
return errors === 0;
}
validate27.evaluated = {"props":{"toolname":true,"id":true,"follow":true,"cursor":true,"format":true,"step":true,"tail":true,"since":true,"grep":true,"from_line":true,"lines":true,"Last-Event-ID":true},"dynamicProps":false,"dynamicItems":false};

export const cleanImagesParameters = validate28;
const schema39 = {"$id":"cleanImagesParameters","type":"object","properties":{"toolname":{"type":"string","pattern":"^[a-z]([-_a-z0-9]{0,254}[a-z0-9])?$"}},"required":["toolname"]};

function validate28(data, {instancePath="", parentData, parentDataProperty, rootData=data, dynamicAnchors={}}={}){
/*# sourceURL="cleanImagesParameters" */;
let vErrors = null;
let errors = 0;
const evaluated0 = validate28.evaluated;
if(evaluated0.dynamicProps){
evaluated0.props = undefined;
}
if(evaluated0.dynamicItems){
evaluated0.items = undefined;
}
if(errors === 0){
if(data && typeof data == "object" && !Array.isArray(data)){
let missing0;
if((data.toolname === undefined) && (missing0 = "toolname")){
validate28.errors = [{instancePath,schemaPath:"#/required",keyword:"required",params:{missingProperty: missing0},message:"must have required property '"+missing0+"'"}];
return false;
}
else {
if(data.toolname !== undefined){
let data0 = data.toolname;
const _errs1 = errors;
if(errors === _errs1){
if(typeof data0 === "string"){
if(!pattern6.test(data0)){
validate28.errors = [{instancePath:instancePath+"/toolname",schemaPath:"#/properties/toolname/pattern",keyword:"pattern",params:{pattern: "^[a-z]([-_a-z0-9]{0,254}[a-z0-9])?$"},message:"must match pattern \""+"^[a-z]([-_a-z0-9]{0,254}[a-z0-9])?$"+"\""}];
return false;
}
}
else {
validate28.errors = [{instancePath:instancePath+"/toolname",schemaPath:"#/properties/toolname/type",keyword:"type",params:{type: "string"},message:"must be string"}];
return false;
}
}
}
}
}
else {
validate28.errors = [{instancePath,schemaPath:"#/type",keyword:"type",params:{type: "object"},message:"must be object"}];
return false;
}
}
validate28.errors = vErrors;
return errors === 0;
}
validate28.evaluated = {"props":{"toolname":true},"dynamicProps":false,"dynamicItems":false};

export const quotaParameters = validate29;
const schema40 = {"$id":"quotaParameters","type":"object","properties":{"toolname":{"type":"string","pattern":"^[a-z]([-_a-z0-9]{0,254}[a-z0-9])?$"}},"required":["toolname"]};

function validate29(data, {instancePath="", parentData, parentDataProperty, rootData=data, dynamicAnchors={}}={}){
/*# sourceURL="quotaParameters" */;
let vErrors = null;
let errors = 0;
const evaluated0 = validate29.evaluated;
if(evaluated0.dynamicProps){
evaluated0.props = undefined;
}
if(evaluated0.dynamicItems){
evaluated0.items = undefined;
}
if(errors === 0){
if(data && typeof data == "object" && !Array.isArray(data)){
let missing0;
if((data.toolname === undefined) && (missing0 = "toolname")){
validate29.errors = [{instancePath,schemaPath:"#/required",keyword:"required",params:{missingProperty: missing0},message:"must have required property '"+missing0+"'"}];
return false;
}
else {
if(data.toolname !== undefined){
let data0 = data.toolname;
const _errs1 = errors;
if(errors === _errs1){
if(typeof data0 === "string"){
if(!pattern6.test(data0)){
validate29.errors = [{instancePath:instancePath+"/toolname",schemaPath:"#/properties/toolname/pattern",keyword:"pattern",params:{pattern: "^[a-z]([-_a-z0-9]{0,254}[a-z0-9])?$"},message:"must match pattern \""+"^[a-z]([-_a-z0-9]{0,254}[a-z0-9])?$"+"\""}];
return false;
}
}
else {
validate29.errors = [{instancePath:instancePath+"/toolname",schemaPath:"#/properties/toolname/type",keyword:"type",params:{type: "string"},message:"must be string"}];
return false;
}
}
}
}
}
else {
validate29.errors = [{instancePath,schemaPath:"#/type",keyword:"type",params:{type: "object"},message:"must be object"}];
return false;
}
}
validate29.errors = vErrors;
return errors === 0;
}
validate29.evaluated = {"props":{"toolname":true},"dynamicProps":false,"dynamicItems":false};

